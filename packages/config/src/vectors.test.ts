import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'
import { fieldNames } from './fields.ts'
import { refused } from './refused.ts'

type Fields = Record<string, unknown>
interface Case {
  name: string
  env: Record<string, string>
  toml: string | null
  expect: Fields & { error?: { field: string; source: string } }
}

const file = readFileSync(new URL('../fixtures/config.json', import.meta.url), 'utf8')
const { cases, defaults } = JSON.parse(file) as { cases: Case[]; defaults: Fields }

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
const load = ({ env, toml }: Pick<Case, 'env' | 'toml'>): AsterConfig =>
  AsterConfig.resolve({ env, toml: toml === null ? undefined : { path: 'aster.toml', text: toml } })

function plain(config: AsterConfig, field: string): unknown {
  if (field === 'endpoint_addr') return config.endpointAddrs[0] ?? null
  const value: unknown = Reflect.get(config, camel(field))
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value ?? null)
}

/** Python names a source `aster.toml [trust]`; this package names it `aster.toml:2`. */
const sourceLike = (source: string): RegExp =>
  source.startsWith('aster.toml') ? /^aster\.toml:\d+$/ : new RegExp(`^${source}$`)

const own = Object.keys(defaults).filter((field) => !Object.hasOwn(refused, camel(field)))
/** This package names the default. */
const ourDefaults: Fields = { ...defaults, relay_mode: 'default' }

const errors = cases.filter((one) => one.expect.error)
const asksTooMuch = ({ expect: fields }: Case): boolean => Object.keys(fields).some((field) => !own.includes(field))
const unknown = 'unknown section, key and variable'
const values = cases.filter((one) => !one.expect.error && !asksTooMuch(one) && one.name !== unknown)
const tooMuch = cases.filter((one) => !one.expect.error && asksTooMuch(one))

describe('vectors', () => {
  it('are all looked at', () => {
    expect(errors.length + values.length + tooMuch.length + 1).toBe(cases.length)
    expect(fieldNames).toEqual(expect.arrayContaining(own.map(camel)))
  })

  it.each(values)('reads $name', (one) => {
    const config = load(one)
    for (const field of own)
      expect([field, plain(config, field)]).toEqual([field, one.expect[field] ?? ourDefaults[field]])
  })

  it.each(errors)('refuses $name', (one) => {
    const { field, source } = one.expect.error ?? { field: '', source: '' }
    const { issues } = configErrorOf(() => load(one))
    expect(issues).toHaveLength(1)
    expect(issues[0]?.field).toBe(camel(field))
    expect(issues[0]?.source).toMatch(sourceLike(source))
  })

  it.each(tooMuch)('refuses what cannot be honoured, and reads the rest: $name', (one) => {
    const { issues } = configErrorOf(() => load(one))
    const wanted = Object.keys(one.expect)
      .filter((field) => !own.includes(field))
      .map(camel)
    expect(issues.map(({ field }) => field).toSorted()).toEqual(wanted.toSorted())
    const rest = {
      env: Object.fromEntries(
        Object.entries(one.env).filter(([name]) => !issues.some(({ source }) => source === name)),
      ),
      toml:
        one.toml &&
        one.toml
          .split('\n')
          .filter((_, i) => !issues.some(({ source }) => source === `aster.toml:${i + 1}`))
          .join('\n'),
    }
    const config = load(rest)
    for (const field of own)
      expect([field, plain(config, field)]).toEqual([field, one.expect[field] ?? ourDefaults[field]])
  })

  it('takes a boolean that is refused in the vectors where it is honoured', () => {
    const flags = cases.filter((one) => one.name.startsWith('boolean ') && one.env['ASTER_ENABLE_HOOKS']?.trim())
    expect(flags.length).toBeGreaterThan(10)
    for (const one of flags) {
      const env = { ASTER_ALLOW_ALL_CONSUMERS: one.env['ASTER_ENABLE_HOOKS'] }
      if (one.expect.error)
        expect(configErrorOf(() => AsterConfig.fromEnv(env)).issues[0]?.found).toBe(
          JSON.stringify(env.ASTER_ALLOW_ALL_CONSUMERS),
        )
      else expect(AsterConfig.fromEnv(env).allowAllConsumers).toBe(one.expect['enable_hooks'] ?? false)
    }
  })

  it('goes further than the vectors with unknown keys and sections, which are mistakes', () => {
    const one = cases.find(({ name }) => name === unknown)
    const { issues } = configErrorOf(() => load(one ?? { env: {}, toml: null }))
    expect(issues.map(({ field, source }) => [field, source])).toEqual([
      ['other', 'aster.toml:1'],
      ['network.later', 'aster.toml:4'],
    ])
    expect(load({ env: one?.env ?? {}, toml: null }).warnings).toEqual([
      '"ASTER_SOMETHING" is not known to Aster, and is ignored',
    ])
  })
})
