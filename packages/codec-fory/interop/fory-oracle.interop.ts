import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ForyCodec } from '../src/index.ts'
import { bytesOf, hexOf } from '../test/hex.ts'
import { type Declaration, OracleSchema, parseType } from '../test/oracle-schema.ts'
import { canonicalValue, fromOracle, type Json } from '../test/oracle-value.ts'
import { arbitraryCases, type Cases, type Message } from './arbitrary-case.ts'
import { type Answer, Oracle, pythonOf } from './oracle-process.ts'

const MESSAGES = 5000
const SCHEMAS = 100

type Dialect = '0.16' | '0.17'

function differential(dialect: Dialect, variable: string): void {
  let oracle: Oracle

  beforeAll(async () => {
    oracle = new Oracle(pythonOf(variable))
    const [answer] = await oracle.ask([{ op: 'version' }])
    expect(answer?.['pyfory']).toMatch(new RegExp(`^${dialect.replace('.', '\\.')}\\.`))
  })
  afterAll(() => oracle.close())

  it(`agrees with pyfory on ${MESSAGES} random messages, in both directions`, async () => {
    const compared: Comparison[] = []
    // Arrays that may be short, so that a difference shrinks to one message.
    const batches = fc.array(arbitraryCases(), { minLength: 1, maxLength: SCHEMAS, size: 'max' })
    const property = fc.asyncProperty(batches, async (batch) => {
      const all = batch.flatMap((cases) => {
        const side = new OurSide(dialect, cases)
        return cases.messages.map((message) => new Comparison(side, message))
      })
      const answers = await oracle.ask(all.flatMap((each) => each.requests))
      for (const [i, each] of all.entries()) each.verify(answers[2 * i] ?? {}, answers[2 * i + 1] ?? {})
      compared.push(...all)
    })
    while (compared.length < MESSAGES) await fc.assert(property, { numRuns: 5, interruptAfterTimeLimit: 120_000 })
  }, 300_000)

  it('writes integers of 2^63 and more in containers, which pyfory can read and not write', async () => {
    const fields = {
      list: 'list<optional<uint64>>',
      set: 'set<optional<uint64>>',
      map: 'map<optional<uint64>,optional<uint64>>',
      any: 'any',
    }
    const types = [{ tag: 'Top', fields }]
    const side = new OurSide(dialect, { types, messages: [], options: {}, generateCode: true })
    const number = fc.oneof(
      fc.nat(3),
      fc.constantFrom(2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n).map(($int) => ({ $int: `${$int}` })),
    )
    const numbers = fc.uniqueArray(fc.option(number), { selector: (json) => JSON.stringify(json), maxLength: 6 })
    const entries = fc.tuple(numbers, fc.array(fc.option(number), { minLength: 6, maxLength: 6 }))
    const message = fc.record({
      list: numbers,
      set: numbers,
      map: entries.map(([keys, values]) => ({ $map: keys.map((key, i): [Json, Json] => [key, values[i] ?? null]) })),
      any: numbers,
    })
    const property = fc.asyncProperty(message, async (value) => {
      const request = { op: 'decode', types, root: 'struct<Top>', hex: side.encode('struct<Top>', value) }
      const [answer] = await oracle.ask([request])
      expect(answer?.error).toBeUndefined()
      expect(side.canonical('struct<Top>', answer?.value as Json)).toBe(side.canonical('struct<Top>', value))
      expect(side.decode('struct<Top>', request.hex)).toBe(side.canonical('struct<Top>', value))
    })
    await fc.assert(property, { numRuns: 500 })
  })
}

/** One codec for all schemas, as in an application, so that state of one schema would show in another. */
const writers = {
  '0.16': [new ForyCodec({ dialect: '0.16' }), new ForyCodec({ dialect: '0.16', generateCode: false })],
  '0.17': [new ForyCodec({ dialect: '0.17' }), new ForyCodec({ dialect: '0.17', generateCode: false })],
} as const

/** A schema in our types. */
class OurSide {
  readonly types: readonly Declaration[]
  readonly #schema: OracleSchema
  readonly #writer: ForyCodec
  readonly #reader: ForyCodec

  constructor(dialect: Dialect, { types, options, generateCode }: Cases) {
    this.types = types
    this.#schema = new OracleSchema(types, options)
    const known = [...this.#schema.structs.values(), ...this.#schema.enums.values()]
    this.#writer = writers[dialect][generateCode ? 0 : 1]
    this.#reader = new ForyCodec({ dialect, types: known, generateCode })
  }

  encode(root: string, value: Json): string {
    const node = parseType(root)
    return hexOf(this.#writer.encode(this.#schema.type(node), fromOracle(this.#schema, node, value)))
  }

  decode(root: string, hex: string): string {
    const node = parseType(root)
    return canonicalValue(this.#schema, node, this.#reader.decode(this.#schema.type(node), bytesOf(hex)))
  }

  canonical(root: string, value: Json): string {
    const node = parseType(root)
    return canonicalValue(this.#schema, node, fromOracle(this.#schema, node, value))
  }
}

/** One message that both sides write and read. */
class Comparison {
  readonly #side: OurSide
  readonly #message: Message
  readonly #hex: string

  constructor(side: OurSide, message: Message) {
    this.#side = side
    this.#message = message
    this.#hex = side.encode(message.root, message.value)
  }

  get requests(): readonly object[] {
    const { types } = this.#side
    const { root, value } = this.#message
    return [
      { op: 'encode', types, root, value },
      { op: 'decode', types, root, hex: this.#hex },
    ]
  }

  verify(encoded: Answer, decoded: Answer): void {
    const side = this.#side
    const { root, value } = this.#message
    if (encoded.hex === undefined) expect.fail(`pyfory cannot write it: ${encoded.error}`)
    // `value` has the elements of sets in the order of the bytes.
    expect(side.encode(root, encoded.value as Json)).toBe(encoded.hex)
    expect(side.decode(root, encoded.hex)).toBe(side.canonical(root, encoded.value as Json))
    if (decoded.error !== undefined) expect.fail(`pyfory cannot read ${this.#hex}: ${decoded.error}`)
    expect(side.canonical(root, decoded.value as Json)).toBe(side.canonical(root, value))
  }
}

describe('dialect 0.16', () => differential('0.16', 'ASTER_PYTHON'))
describe.skipIf(process.env['ASTER_PYTHON_FORY_017'] === undefined)('dialect 0.17', () =>
  differential('0.17', 'ASTER_PYTHON_FORY_017'),
)
