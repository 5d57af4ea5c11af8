// Values as env files of Docker, systemd and Kubernetes pass them on: with the quotes and comments that a shell would remove.
import { describe, expect, it } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { samples } from '../test/samples.ts'
import { AsterConfig } from './aster-config.ts'
import { type FieldName, fieldNames, fields } from './fields.ts'

const issueOf = (env: Record<string, string>) => configErrorOf(() => AsterConfig.fromEnv(env)).issues[0]
const variable = (field: FieldName): string => fields[field].env

describe.each(fieldNames)('the variable of %s', (field) => {
  const { env: value } = samples[field][0]

  it.each([
    ['double', `"${value}"`],
    ['single', `'${value}'`],
    ['typographic', `“${value}”`],
    ['German', `„${value}“`],
    ['commented', `"${value}" # a comment`],
  ])('is told to have %s quotes', (_what, text) => {
    const issue = issueOf({ [variable(field)]: text })
    expect(issue).toMatchObject({ field, source: variable(field) })
    expect(issue?.message).toMatch(/in quotes, expected the value without quotes/)
    if (fields[field].secret) expect(issue?.message).not.toContain(value.slice(2, 8))
  })

  it('is told to have a comment behind it', () => {
    const issue = issueOf({ [variable(field)]: `${value} # a comment` })
    expect(issue?.message).toMatch(/with a comment \(#\) behind it, expected the value alone/)
    if (fields[field].secret) expect(issue?.message).not.toContain(value.slice(2, 8))
  })
})

it('names quotes of values in TOML and options as well, and of settings that are refused', () => {
  const toml = { path: 'aster.toml', text: `[network]\nrelay_mode = "'disabled'"\n` }
  for (const make of [
    () => AsterConfig.resolve({ toml }),
    () => AsterConfig.from({ relayMode: '"disabled"' as 'disabled' }),
    () => AsterConfig.fromEnv({ ASTER_LOCAL_DISCOVERY: '"false"' }),
    () => AsterConfig.forConsumer({ config: AsterConfig.from({ endpointAddr: ['"aster1y"'] }) }),
  ])
    expect(configErrorOf(make).message).toContain('in quotes, expected the value without quotes')
})

it('leaves quotes and number signs alone that may be meant', () => {
  const config = AsterConfig.fromEnv({ ASTER_STORAGE_PATH: `/data/dir #1/it's`, ASTER_RELAY_TOKEN: 'a#b' })
  expect([config.storagePath, config.relayToken]).toEqual([`/data/dir #1/it's`, 'a#b'])
  const toml = { path: 'aster.toml', text: '[storage]\npath = "a # b"\n' }
  expect(AsterConfig.resolve({ toml }).storagePath).toBe('a # b')
})
