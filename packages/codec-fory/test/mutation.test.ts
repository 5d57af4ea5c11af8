import { check, RpcError, StatusCode, type Type } from '@aster/rpc-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ForyCodec } from '../src/index.ts'
import { bytesOf } from './hex.ts'
import { OracleSchema, parseType } from './oracle-schema.ts'
import { vectors } from './vectors.ts'

const FLIPS = 100_000

interface Message {
  readonly name: string
  readonly codec: ForyCodec
  readonly type: Type
  readonly bytes: Uint8Array
}

/** The valid golden messages whose tags can be declared here. */
const messages: readonly Message[] = vectors
  .filter(({ name, check }) => !check.includes('invalid') && !/^(tag ns\/|tag \/|names 3 .*)$/.test(name))
  .map(({ name, types, root, hex }, i) => {
    const schema = new OracleSchema(types, { nullableParts: true })
    const known = [...schema.structs.values(), ...schema.enums.values()]
    const codec = new ForyCodec({ types: known, generateCode: i % 2 === 0 })
    return { name, codec, type: schema.type(parseType(root)), bytes: bytesOf(hex) }
  })

/** Returns a value, or `undefined` if decoding fails with an allowed error. */
function decode({ name, codec, type }: Message, bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: codec.decode(type, bytes) }
  } catch (error) {
    const legal =
      error instanceof RpcError && (error.code === StatusCode.DATA_LOSS || error.code === StatusCode.CONTRACT_VIOLATION)
    if (!legal) throw new Error(`'${name}' as ${Buffer.from(bytes).toString('hex')}`, { cause: error })
    return undefined
  }
}

// vitest keeps long stacks, which would make a failure the most expensive part.
const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

it('fails on each golden message that is truncated, at any byte', () => {
  for (const message of messages) {
    // The last two bytes of this message may be cut, since they are beyond its end.
    const length = message.name === 'spelling trailing bytes' ? message.bytes.length - 2 : message.bytes.length
    for (let at = 0; at < length; at++) {
      // The first byte of null is the whole message.
      if (at === 1 && message.bytes[0] === 0x03) continue
      if (decode(message, message.bytes.subarray(0, at)) !== undefined)
        expect.fail(`read ${at} bytes of '${message.name}'`)
    }
  }
}, 180_000)

it(`returns a value of the type or fails on ${FLIPS} golden messages with flipped bits`, () => {
  let state = 20_240_229
  /** Mulberry32, which produces the same numbers each time. */
  const random = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) % below
  }
  let values = 0
  for (let i = 0; i < FLIPS; i++) {
    const message = messages[random(messages.length)]
    if (message === undefined) continue
    const bytes = message.bytes.length > 5000 ? message.bytes.slice(0, 5000) : message.bytes.slice()
    const at = random(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random(255))
    const found = decode(message, bytes)
    if (found === undefined) continue
    values++
    if (i % 10 === 0) check(message.type, found.value, StatusCode.INTERNAL)
  }
  // Most flips hit names, hashes or lengths; the remaining messages are other values.
  expect(values).toBeGreaterThan(FLIPS / 20)
  expect(values).toBeLessThan(FLIPS)
}, 180_000)
