import { isObject } from '@aster/rpc-core/schema'
import { type FileKind, recognizeFile } from './file-kind.ts'
import { bytesOfHex, hexOfBytes, parseHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { type KeyPair, SecretKey } from './secret-key.ts'

/**
 * Parses the public key of a root key from `root.pub`, from `root.key` (whose secret key is ignored) or from bare hex.
 *
 * @throws IdentityError if `text` is ill-formed, or another kind of file
 */
export function parseRootPublicKey(text: string, { source }: SourceOptions = {}): string {
  const trimmed = text.trim()
  assertRootKey(trimmed, { source, expected: 'the public key of a root key' }, ['a root key', 'a root public key'])
  const value = trimmed.startsWith('{') ? parseTable(trimmed, { source })['public_key'] : trimmed
  return parseHex(typeof value === 'string' ? value.trim() : value, { field: 'public_key', bytes: 32, source })
}

/**
 * Parses a root key pair from `root.key`.
 *
 * @throws IdentityError if `text` is ill-formed, or if the two keys do not belong together
 */
export function parseRootKey(text: string, { source }: SourceOptions = {}): KeyPair {
  assertRootKey(text, { source, expected: 'a root key' }, ['a root key'])
  const table = parseTable(text, { source })
  const secret = parseHex(table['private_key'], { field: 'private_key', bytes: 32, source })
  const secretKey = new SecretKey(bytesOfHex(secret))
  const publicKey = parseHex(table['public_key'], { field: 'public_key', bytes: 32, source })
  if (publicKey === secretKey.publicKey) return { publicKey, secretKey }
  const expected = `${secretKey.publicKey}, which belongs to private_key`
  throw new IdentityError({ field: 'public_key', source, expected, found: publicKey })
}

/** Returns the content of `root.key`, which includes the secret key. */
export function formatRootKey({ publicKey, secretKey }: KeyPair): string {
  return formatJson({ private_key: hexOfBytes(secretKey.reveal()), public_key: publicKey })
}

/** Returns the content of `root.pub`. */
export function formatRootPublicKey(publicKey: string): string {
  return formatJson({ public_key: parseHex(publicKey, { field: 'public_key', bytes: 32 }) })
}

const formatJson = (table: object): string => `${JSON.stringify(table, undefined, 2)}\n`

/** Throws an error that names the kind of file if another file of Aster was mistaken for a root key. */
function assertRootKey(
  text: string,
  { source, expected }: SourceOptions & { readonly expected: string },
  accepted: readonly FileKind[],
): void {
  const found = recognizeFile(text)
  if (found === undefined || accepted.includes(found)) return
  throw new IdentityError({ field: 'root key', source, expected, found })
}

function parseTable(text: string, { source }: SourceOptions): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // The message of the SyntaxError would quote a part of the file.
  }
  throw new IdentityError({ field: 'root key', source, expected: 'a JSON object', found: 'something else' })
}
