import { isBytes } from '@aster/rpc-core/schema'
import * as v from 'valibot'
import type { Kind } from './kind.ts'

const BYTES = 32
const expected = 'a secret key: base64 of 32 bytes (44 characters; not hex)'

/** Base64 in both alphabets, padded or not: 43 digits, of which the last has two spare bits that must be zero. */
const form = /^[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048]=?$/

const base64 = v.pipe(
  v.string(expected),
  v.trim(),
  v.regex(form, expected),
  v.transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
)

const bytes = v.pipe(
  v.custom<Uint8Array>(isBytes, expected),
  v.length(BYTES, expected),
  v.transform((key) => new Uint8Array(key)),
)

/** A secret key: base64 of 32 bytes, or as an option the 32 bytes. */
export function secretKey(): Kind<Uint8Array, string | Uint8Array> {
  return { type: 'base64 of 32 bytes', text: base64, value: v.union([base64, bytes], expected) }
}
