import { bytesOfHex, hexOfBytes, parseHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { type KeyPair, SecretKey } from './secret-key.ts'

/** Reads a root public key from `root.pub`, `root.key` (whose secret is not looked at) or bare hex. Throws `IdentityError`. */
export function parseRootPublicKey(text: string, options: SourceOptions = {}): string {
  const trimmed = text.trim()
  const value = trimmed.startsWith('{') ? tableOf(trimmed, options)['public_key'] : trimmed
  return parseHex(value, 32, 'public_key', options)
}

/** Reads a root key pair from `root.key`. Throws `IdentityError`, also where the two keys do not belong together. */
export function parseRootKey(text: string, options: SourceOptions = {}): KeyPair {
  const table = tableOf(text, options)
  const secretKey = new SecretKey(bytesOfHex(parseHex(table['private_key'], 32, 'private_key', options)))
  const publicKey = parseHex(table['public_key'], 32, 'public_key', options)
  if (publicKey === secretKey.publicKey) return { publicKey, secretKey }
  const expected = `${secretKey.publicKey}, which belongs to private_key`
  throw new IdentityError({ field: 'public_key', source: options.source, expected, found: publicKey })
}

/** The text of `root.key`, which holds the secret. */
export function formatRootKey({ publicKey, secretKey }: KeyPair): string {
  return jsonOf({ private_key: hexOfBytes(secretKey.reveal()), public_key: publicKey })
}

/** The text of `root.pub`. */
export function formatRootPublicKey(publicKey: string): string {
  return jsonOf({ public_key: parseHex(publicKey, 32, 'public_key') })
}

const jsonOf = (table: object): string => `${JSON.stringify(table, undefined, 2)}\n`

function tableOf(text: string, { source }: SourceOptions): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // The message of the SyntaxError would repeat a part of the file.
  }
  throw new IdentityError({ field: 'root key', source, expected: 'a JSON object', found: 'a text that is none' })
}
