import { isDeepStrictEqual } from 'node:util'
import {
  formatIrohTicket,
  formatNodeAddr,
  formatSocketAddress,
  formatTicket,
  parseAddress,
  parseEndpointId,
  parseIrohTicket,
  parseNodeAddr,
  parseSocketAddress,
  parseTicket,
} from '@aster/identity'
import { assert, attempt } from '../engine/expect-error.ts'
import { type Target, textOf } from '../engine/target.ts'
import { readVectors, seedsOf, textsUnder } from './seeds.ts'

const IDENTITY = { name: 'IdentityError' }

/** Checks that a value is the same after it was formatted and parsed. Some values that can be parsed cannot be formatted. */
function thereAndBack<T>(text: string, parse: (text: string) => T, format: (value: T) => string): void {
  const read = attempt(() => parse(text), IDENTITY)
  if (read === undefined) return
  const written = attempt(() => format(read.value), IDENTITY)
  if (written === undefined) return
  assert(isDeepStrictEqual(parse(written.value), read.value), 'what was read is read again from what is written of it')
}

export const tickets: Target = {
  name: 'tickets',
  seeds: () => seedsOf(textsUnder(readVectors('identity/fixtures/tickets.json'), 'ticket')),
  tokens: ['aster1', '1', 'z'],
  maxLength: 1024,
  run: (input) => thereAndBack(textOf(input), parseTicket, formatTicket),
}

/** Takes the input as the body of an iroh ticket, so that changes reach the code behind base32. */
export const irohTickets: Target = {
  name: 'iroh-tickets',
  seeds: () =>
    textsUnder(readVectors('identity/fixtures/iroh-tickets.json'), 'bytesHex').map((hex) =>
      Uint8Array.from(Buffer.from(hex, 'hex')),
    ),
  maxLength: 1024,
  run: (input) => thereAndBack(`endpoint${base32(input)}`, parseIrohTicket, formatIrohTicket),
}

/** Takes the input as the bytes of an `aster1` ticket. */
export const ticketBytes: Target = {
  name: 'ticket-bytes',
  seeds: () =>
    textsUnder(readVectors('identity/fixtures/tickets.json'), 'bytesHex').map((hex) =>
      Uint8Array.from(Buffer.from(hex, 'hex')),
    ),
  maxLength: 300,
  run: (input) => thereAndBack(`aster1${base58(input)}`, parseTicket, formatTicket),
}

/** Takes the input as the lines of a NodeAddr. */
export const nodeAddrLines: Target = {
  name: 'node-addr-lines',
  seeds: () => seedsOf(textsUnder(readVectors('identity/fixtures/node-addr.json'), 'bytesUtf8')),
  tokens: ['\n', '\n\n', 'https://', '127.0.0.1:1', '[::1]:2', '::ffff:', '%3', ':65536', '\r'],
  run: (input) => thereAndBack(Buffer.from(input).toString('base64'), parseNodeAddr, formatNodeAddr),
}

export const addresses: Target = {
  name: 'addresses',
  seeds: () => [
    ...seedsOf(textsUnder(readVectors('identity/fixtures/node-addr.json'), 'text', 'base64')),
    ...seedsOf(textsUnder(readVectors('identity/fixtures/iroh-tickets.json'), 'ticket')),
    ...seedsOf(textsUnder(readVectors('identity/fixtures/tickets.json'), 'input')),
  ],
  tokens: ['aster1', 'endpoint', '[', ']:', '::', ':0', '%', '127.0.0.1', '=', '-', '_'],
  run(input) {
    const text = textOf(input)
    attempt(() => parseAddress(text), IDENTITY)
    attempt(() => parseEndpointId(text), IDENTITY)
    thereAndBack(text, parseSocketAddress, formatSocketAddress)
    attempt(() => parseIrohTicket(text), IDENTITY)
  },
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function base32(bytes: Uint8Array): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) out += BASE32[(held >> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? out : out + BASE32[(held << (5 - bits)) & 31]
}

function base58(bytes: Uint8Array): string {
  let number = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
  let out = ''
  for (; number > 0n; number /= 58n) out = BASE58[Number(number % 58n)] + out
  let zeros = 0
  while (bytes[zeros] === 0) zeros++
  return '1'.repeat(zeros) + out
}
