import fc from 'fast-check'
import { expect, it } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'
import type { ConfigSources } from './sources.ts'
import { fieldNames, fields } from './fields.ts'
import { refused } from './refused.ts'

/** Checks that the result is a configuration, or a ConfigError without sentences of other libraries. */
function expectConfigOrError(sources: ConfigSources): void {
  let config
  try {
    config = AsterConfig.resolve(sources)
  } catch {
    for (const issue of configErrorOf(() => AsterConfig.resolve(sources)).issues) {
      expect(issue.source).not.toBe('')
      expect(issue.message).toContain(issue.found)
      expect(issue.expected).not.toMatch(/^Invalid|undefined|\[object/)
    }
    return
  }
  expect(config.toString()).not.toBe('')
}

const settings = Object.values(refused)
const variables = [...fieldNames.map((name) => fields[name].env), ...settings.flatMap(({ env }) => env ?? [])]
const keys = [...fieldNames.map((name) => fields[name]), ...settings].flatMap(({ toml }) => (toml ? [toml] : []))
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom('true', '1', 'disabled', 'https://x', '127.0.0.1:0', '::', '~', ','),
)

it('takes any strings as environment', () => {
  const variable = fc.oneof(
    fc.constantFrom(...variables),
    fc.string().map((name) => `ASTER_${name}`),
    fc.string(),
  )
  fc.assert(fc.property(fc.dictionary(variable, text), (env) => expectConfigOrError({ env })))
})

it('takes anything as options', () => {
  const name = fc.oneof(fc.constantFrom(...fieldNames, ...Object.keys(refused)), fc.string())
  const options = fc.dictionary(
    name,
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true, withNullPrototype: true }),
  )
  fc.assert(
    fc.property(
      fc.oneof(options, fc.anything()),
      (options) => options === undefined || expectConfigOrError({ options: options as object }),
    ),
  )
})

it('takes any text as TOML', () => {
  const scraps = fc.constantFrom(
    '[',
    ']',
    '[[',
    '=',
    '"',
    '"""',
    "'",
    '{',
    '}',
    '.',
    ',',
    '\n',
    '#',
    ' ',
    '\\',
    '\\u',
    'network',
    'relay_mode',
    '"x"',
    '1',
    'nan',
    '1979-05-27T00:00:00Z',
    '0x',
    '__proto__',
    '\r',
    '\u0000',
    '\uD800',
  )
  const document = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(scraps, { maxLength: 40 }).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(document, (text) => expectConfigOrError({ toml: { path: 'aster.toml', text } })),
    { numRuns: 2000 },
  )
})

it('takes any value of TOML for any key', () => {
  const value = fc.constantFrom(
    '1',
    '-0',
    '1.5',
    'nan',
    'inf',
    '99999999999999999999',
    'true',
    '""',
    '"x"',
    '[]',
    '[[]]',
    '["a", 1]',
    '{}',
    '{ a = 1 }',
    '1979-05-27',
    '07:32:00',
  )
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...keys)),
      fc.array(value, { minLength: 40, maxLength: 40 }),
      (keys, values) => {
        const text = keys.map(([section, key], i) => `${section}.${key} = ${values[i]}\n`).join('')
        expectConfigOrError({ toml: { path: 'aster.toml', text } })
      },
    ),
  )
})
