import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sample, samples } from '../test/samples.ts'
import { AsterConfig } from './aster-config.ts'
import type { ConfigSources } from './sources.ts'
import { type FieldName, fieldNames, fields } from './fields.ts'

/** The sources, the highest first, in the order of the documentation of the Python client. */
const order = ['option', 'identity', 'env', 'toml', 'default'] as const
type Source = (typeof order)[number]

function has(field: FieldName, source: Source): boolean {
  if (source === 'identity') return fields[field].identity !== undefined
  return source !== 'toml' || fields[field].toml !== undefined
}

function say(field: FieldName, source: Source, sample: Sample): ConfigSources {
  switch (source) {
    case 'option':
      return { options: { [field]: sample.option } }
    case 'identity': {
      const value = field === 'enrollmentCredentialFile' ? { credential: true } : { [field]: sample.option }
      return { identity: { source: '.aster-identity', values: value } }
    }
    case 'env':
      return { env: { [fields[field].env]: sample.env } }
    case 'toml': {
      const [section, key] = fields[field].toml ?? []
      return { toml: { path: 'aster.toml', text: `\n[${section}]\n${key} = ${sample.toml}\n` } }
    }
    default:
      return {}
  }
}

function origin(field: FieldName, source: Source): string {
  return {
    option: `option ${field}`,
    identity: '.aster-identity',
    env: fields[field].env,
    toml: 'aster.toml:3',
    default: 'default',
  }[source]
}

function valueOf(config: AsterConfig, field: FieldName): unknown {
  return field === 'endpointAddr' ? config.endpointAddrs : config[field]
}

/** The entry of the identity file is a credential without a path. */
function valueIn(field: FieldName, source: Source, sample: Sample): unknown {
  if (source === 'default') return field === 'endpointAddr' ? [] : fields[field].default
  return source === 'identity' && field === 'enrollmentCredentialFile' ? undefined : sample.value
}

for (const field of fieldNames) {
  const sources = order.filter((source) => has(field, source))
  const [a, b] = samples[field]

  describe(field, () => {
    it.each(sources)('is taken from the %s alone', (source) => {
      for (const sample of [a, b]) {
        const config = AsterConfig.resolve(say(field, source, sample))
        expect(valueOf(config, field)).toEqual(valueIn(field, source, sample))
        expect(config.origin(field)).toBe(origin(field, source))
      }
    })

    const pairs = sources.flatMap((high, i) => sources.slice(i + 1).map((low) => [high, low] as const))
    it.each(pairs)('is taken from the %s, not from the %s', (high, low) => {
      for (const [over, under] of [
        [a, b],
        [b, a],
      ] as const) {
        const config = AsterConfig.resolve({ ...say(field, low, under), ...say(field, high, over) })
        expect(valueOf(config, field)).toEqual(valueIn(field, high, over))
        expect(config.origin(field)).toBe(origin(field, high))
        const row = config.explain().find((row) => row.field === field)
        expect(row?.source).toBe(origin(field, high))
      }
    })

    it('does not keep other fields from lower sources', () => {
      const neighbour = fieldNames.find((name) => name !== field && fields[name].group !== fields[field].group) ?? field
      const config = AsterConfig.resolve({
        ...say(neighbour, 'env', samples[neighbour][0]),
        ...say(field, 'option', a),
      })
      expect(config.origin(neighbour)).toBe(fields[neighbour].env)
      expect(config.origin(field)).toBe(`option ${field}`)
    })
  })
}

describe('the order in which sources are added', () => {
  const [a, b] = samples.secretKey
  const identity = { source: 'id', values: { secretKey: a.option as Uint8Array } }

  it('does not matter', () => {
    const options = { secretKey: b.option as Uint8Array }
    const base = AsterConfig.fromEnv({ ASTER_SECRET_KEY: a.env })
    expect(base.origin('secretKey')).toBe('ASTER_SECRET_KEY')
    expect(base.withIdentity(identity).origin('secretKey')).toBe('id')
    expect(base.withIdentity(identity).withOptions(options).secretKey).toEqual(b.value)
    expect(base.withOptions(options).withIdentity(identity).secretKey).toEqual(b.value)
    expect(base.withOptions(options).withIdentity(identity).withOptions({}).origin('secretKey')).toBe(
      'option secretKey',
    )
  })

  it('lets later options win over earlier ones, field by field', () => {
    const config = AsterConfig.from({ relayMode: 'disabled', logLevel: 'debug' }).withOptions(
      { relayMode: 'staging', logLevel: undefined },
      'flag',
    )
    expect([config.relayMode, config.logLevel]).toEqual(['staging', 'debug'])
    expect([config.origin('relayMode'), config.origin('logLevel')]).toEqual(['flag relayMode', 'option logLevel'])
  })

  it('lets a later identity file take the place of an earlier one', () => {
    const config = AsterConfig.from({}).withIdentity(identity).withIdentity({ source: 'id2', values: {} })
    expect(config.secretKey).toBeUndefined()
  })

  it('leaves the configuration that is added to as it was', () => {
    const config = AsterConfig.from({})
    config.withOptions({ relayMode: 'disabled' })
    expect(config.relayMode).toBe('default')
  })
})

describe('root public key and its file, one setting in two spellings', () => {
  const inline = 'ab'.repeat(32)
  const inFile = 'cd'.repeat(32)
  let folder = ''
  let file = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'aster-config-'))
    file = join(folder, 'root.pub')
    writeFileSync(file, inFile)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const sources = ['option', 'env', 'toml'] as const
  const sayFile = (source: Source): ConfigSources =>
    say('rootPubkeyFile', source, { option: file, env: file, toml: JSON.stringify(file), value: file })
  const sayKey = (source: Source): ConfigSources =>
    say('rootPubkey', source, { option: inline, env: inline, toml: `"${inline}"`, value: inline })
  const pairs = sources.flatMap((high, i) => sources.slice(i + 1).map((low) => [high, low] as const))

  it.each(pairs)('takes the file of the %s, not the key of the %s', (high, low) => {
    const config = AsterConfig.resolve({ ...sayKey(low), ...sayFile(high) })
    expect(config.readRootPubkey()).toBe(inFile)
    expect(config.rootPubkey).toBeUndefined()
  })

  it.each([['identity', 'env'], ['identity', 'toml'], ...pairs] as const)(
    'takes the key of the %s, not the file of the %s',
    (high, low) => {
      const config = AsterConfig.resolve({ ...sayFile(low), ...sayKey(high) })
      expect(config.readRootPubkey()).toBe(inline)
      expect(config.rootPubkeyFile).toBeUndefined()
    },
  )

  it('takes the file of an option, not the key of the identity file', () => {
    expect(AsterConfig.resolve({ ...sayFile('option'), ...sayKey('identity') }).readRootPubkey()).toBe(inFile)
  })

  it('takes the key where one source has both, and warns', () => {
    const config = AsterConfig.fromEnv({ ASTER_ROOT_PUBKEY: inline, ASTER_ROOT_PUBKEY_FILE: 'not there' })
    expect(config.readRootPubkey()).toBe(inline)
    expect(config.warnings).toEqual(['ASTER_ROOT_PUBKEY_FILE is not used, since ASTER_ROOT_PUBKEY is set as well'])
  })

  it('is nothing where no source has it', () => {
    expect(AsterConfig.from({}).readRootPubkey()).toBeUndefined()
  })
})

describe('credential', () => {
  const identity = {
    source: '.aster-identity',
    values: { credential: true },
    origins: { credential: '.aster-identity peers[1]' },
  }

  it('is the entry of the identity file unless an option names a file', () => {
    const config = AsterConfig.resolve({ identity, env: { ASTER_ENROLLMENT_CREDENTIAL: 'x.json' } })
    expect(config.credential).toEqual({ kind: 'identity', source: '.aster-identity peers[1]' })
    expect(config.enrollmentCredentialFile).toBeUndefined()
    expect(config.withOptions({ enrollmentCredentialFile: 'y.json' }).credential).toEqual({
      kind: 'file',
      path: 'y.json',
      source: 'option enrollmentCredentialFile',
    })
  })

  it('is nothing where no source has it', () => {
    expect(
      AsterConfig.resolve({ identity: { source: 'id', values: { credential: false } } }).credential,
    ).toBeUndefined()
  })
})
