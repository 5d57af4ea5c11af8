import { describeLength } from '@aster/rpc-core/schema'
import { formatBase64, parseBase64 } from './base64-text.ts'
import { publicKeyOf } from './ed25519.ts'
import { hexOfBytes } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** An ed25519 secret key. Printing, serializing or inspecting it never shows it; `reveal()` does. */
export class SecretKey {
  readonly #bytes: Uint8Array
  /** The public key that belongs to it: 64 lower-case hex digits. Of a node's key it is the endpoint id. */
  readonly publicKey: string

  /** Takes a copy of 32 bytes. Throws `IdentityError` for another length. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 32) {
      throw new IdentityError({ field: 'secret key', expected: '32 bytes', found: `${bytes.length} bytes` })
    }
    this.#bytes = Uint8Array.from(bytes)
    this.publicKey = hexOfBytes(publicKeyOf(this.#bytes))
  }

  /** A copy of the 32 secret bytes. */
  reveal(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  toString(): string {
    return `SecretKey(*** of ${this.publicKey})`
  }

  toJSON(): string {
    return this.toString()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** A key pair; `publicKey` is that of the secret key. */
export interface KeyPair {
  readonly publicKey: string
  readonly secretKey: SecretKey
}

/** A new key pair from the system's random source. */
export function generateKeyPair(): KeyPair {
  const secretKey = new SecretKey(crypto.getRandomValues(new Uint8Array(32)))
  return { publicKey: secretKey.publicKey, secretKey }
}

/** Reads base64 of 32 bytes, as `ASTER_SECRET_KEY` and identity files have it. Throws `IdentityError`. */
export function parseSecretKey(
  text: string,
  { source, field = 'secret_key' }: SourceOptions & { field?: string } = {},
): SecretKey {
  const bytes = parseBase64(text.trim(), field, { source })
  if (bytes.length === 32) return new SecretKey(bytes)
  const found = `${describeLength(text)}, which is ${bytes.length} bytes`
  throw new IdentityError({ field, source, expected: 'base64 of 32 bytes', found })
}

/** The secret itself, as base64 with padding: for files and variables, never for a screen. */
export function formatSecretKey(key: SecretKey): string {
  return formatBase64(key.reveal())
}
