import { isBytes } from '@aster/rpc-core/schema'
import * as v from 'valibot'
import type { Kind } from './kind.ts'

const expected = 'a public key: 64 hex digits'

const hex = v.pipe(v.string(expected), v.trim(), v.toLowerCase(), v.regex(/^[0-9a-f]{64}$/, expected))

const bytes = v.pipe(
  v.custom<Uint8Array>(isBytes, expected),
  v.length(32, expected),
  v.transform((key) => Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('')),
)

/** A public key: 64 hex digits, or as an option 32 bytes. */
export function publicKey(): Kind<string, string | Uint8Array> {
  return { type: '64 hex digits', text: hex, value: v.union([hex, bytes], expected) }
}
