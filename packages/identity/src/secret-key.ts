import { describeLength } from '@aster/rpc-core/schema'
import { formatBase64, parseBase64 } from './base64-text.ts'
import { publicKeyOf } from './ed25519.ts'
import { hexOfBytes } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** An ed25519 secret key. Printing, serializing or inspecting the object does not show the key; only `reveal()` returns it. */
export class SecretKey {
  readonly #bytes: Uint8Array
  /** The public key: 64 lower-case hex digits. For the key of a node it is the endpoint id. */
  readonly publicKey: string

  /**
   * Copies the bytes of a key.
   *
   * @throws IdentityError if there are not 32 bytes
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 32) {
      throw new IdentityError({ field: 'secret key', expected: '32 bytes', found: `${bytes.length} bytes` })
    }
    this.#bytes = Uint8Array.from(bytes)
    this.publicKey = hexOfBytes(publicKeyOf(this.#bytes))
  }

  /** Returns a copy of the 32 secret bytes. */
  reveal(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  /** Returns a string with the public key, without the secret. */
  toString(): string {
    return `SecretKey(*** of ${this.publicKey})`
  }

  /** Returns the same string as `toString()`. */
  toJSON(): string {
    return this.toString()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** A secret key with its public key. */
export interface KeyPair {
  /** The public key: 64 lower-case hex digits. */
  readonly publicKey: string
  /** The secret key. */
  readonly secretKey: SecretKey
}

/** Returns a new key pair from the random source of the system. */
export function generateKeyPair(): KeyPair {
  const secretKey = new SecretKey(crypto.getRandomValues(new Uint8Array(32)))
  return { publicKey: secretKey.publicKey, secretKey }
}

/**
 * Parses a secret key: base64 of 32 bytes, as in `ASTER_SECRET_KEY` and identity files.
 *
 * @throws IdentityError if `text` is not base64 of 32 bytes
 */
export function parseSecretKey(
  text: string,
  { source, field = 'secret_key' }: SourceOptions & { field?: string } = {},
): SecretKey {
  const bytes = parseBase64(text.trim(), field, { source })
  if (bytes.length === 32) return new SecretKey(bytes)
  const found = `${describeLength(text)}, which is ${bytes.length} bytes`
  throw new IdentityError({ field, source, expected: 'base64 of 32 bytes', found })
}

/** Returns the secret in padded base64, for files and variables. Never print it. */
export function formatSecretKey(key: SecretKey): string {
  return formatBase64(key.reveal())
}
