import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ForyCodec } from '../src/index.ts'
import { OracleSchema, parseType } from '../test/oracle-schema.ts'
import { bytesOf, canonicalValue, fromOracle, hexOf, type Json } from '../test/oracle-value.ts'
import { arbitraryCase, type Case } from './arbitrary-case.ts'
import { type Answer, Oracle, pythonOf } from './oracle-process.ts'

const CASES = 5000
const BATCH = 200

function differential(dialect: '0.16' | '0.17', variable: string): void {
  let oracle: Oracle

  beforeAll(async () => {
    oracle = new Oracle(pythonOf(variable))
    const [answer] = await oracle.ask([{ op: 'version' }])
    expect(answer?.['pyfory']).toMatch(new RegExp(`^${dialect.replace('.', '\\.')}\\.`))
  })
  afterAll(() => oracle.close())

  it(
    `agrees with pyfory on ${CASES} random messages, in both directions`,
    async () => {
      let compared = 0
      // Arrays that may be short, so that a difference shrinks to one case.
      const property = fc.asyncProperty(fc.array(arbitraryCase(), { minLength: 1, maxLength: BATCH, size: 'max' }), async (cases) => {
        const ours = cases.map((each) => written(dialect, each))
        const answers = await oracle.ask([
          ...cases.map((each) => ({ op: 'encode', ...each })),
          ...cases.map(({ types, root }, i) => ({ op: 'decode', types, root, hex: ours[i] })),
        ])
        for (const [i, each] of cases.entries()) compare(dialect, each, ours[i] ?? '', answers[i], answers[cases.length + i])
        compared += cases.length
      })
      while (compared < CASES) await fc.assert(property, { numRuns: 20, interruptAfterTimeLimit: 60_000 })
    },
    300_000,
  )
}

function compare(dialect: '0.16' | '0.17', each: Case, ours: string, encoded: Answer | undefined, decoded: Answer | undefined): void {
  if (encoded?.hex === undefined) expect.fail(`pyfory cannot write it: ${encoded?.error}`)
  compareEncoding(dialect, each, encoded.hex, encoded.value as Json)
  if (decoded?.error !== undefined) expect.fail(`pyfory cannot read ${ours}: ${decoded.error}`)
  expect(canonicalJson(each, decoded?.value as Json)).toBe(canonicalJson(each, each.value))
}

function written(dialect: '0.16' | '0.17', { types, root, value }: Case): string {
  const schema = new OracleSchema(types)
  const node = parseType(root)
  return hexOf(new ForyCodec({ dialect }).encode(schema.type(node), fromOracle(schema, node, value)))
}

/** What pyfory wrote is what is written here for the same value, its sets in the same order, and is read back as that value. */
function compareEncoding(dialect: '0.16' | '0.17', each: Case, hex: string, inWireOrder: Json): void {
  const schema = new OracleSchema(each.types)
  const node = parseType(each.root)
  const type = schema.type(node)
  const codec = new ForyCodec({ dialect, types: [...schema.structs.values(), ...schema.enums.values()] })
  const value = fromOracle(schema, node, inWireOrder)
  expect(hexOf(codec.encode(type, value))).toBe(hex)
  expect(canonicalValue(schema, node, codec.decode(type, bytesOf(hex)))).toBe(canonicalValue(schema, node, value))
}

function canonicalJson({ types, root }: Case, json: Json): string {
  const schema = new OracleSchema(types)
  const node = parseType(root)
  return canonicalValue(schema, node, fromOracle(schema, node, json))
}

describe('dialect 0.16', () => differential('0.16', 'ASTER_PYTHON'))
describe.skipIf(process.env['ASTER_PYTHON_FORY_017'] === undefined)('dialect 0.17', () => differential('0.17', 'ASTER_PYTHON_FORY_017'))
