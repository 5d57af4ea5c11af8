import * as fc from 'fast-check'
import { formatSocketAddress } from '../src/socket-address.ts'
import { SecretKey } from '../src/secret-key.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

export const secretKeys = bytes(32).map((secret) => new SecretKey(secret))

export const endpointIds = secretKeys.map((key) => key.publicKey)

/** Canonical strings. */
export const socketAddresses = fc
  .record({ ip: fc.oneof(bytes(4), bytes(16), fc.constant(new Uint8Array(16)), mapped()), port: fc.nat(0xffff) })
  .map(formatSocketAddress)

function mapped() {
  return bytes(4).map((ip) => Uint8Array.from([...Array<number>(10).fill(0), 0xff, 0xff, ...ip]))
}

/** Attributes of every kind, traps of JavaScript among them. */
export const attributes = fc.dictionary(
  fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('__proto__', '10', '9', 'constructor', '\u{1F600}', '\uFFEE'),
  ),
  fc.string({ unit: 'grapheme' }),
  { maxKeys: 6 },
)
