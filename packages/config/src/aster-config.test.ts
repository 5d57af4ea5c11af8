import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { samples } from '../test/samples.ts'
import { AsterConfig } from './aster-config.ts'
import { formatExplanation } from './explain.ts'
import { fieldNames } from './fields.ts'

const [key] = samples.secretKey
const config = AsterConfig.from(
  { secretKey: key.option as Uint8Array, endpointAddr: ['a', 'b'] },
  { ASTER_RELAY_MODE: 'disabled' },
)

describe('explain', () => {
  it('lists every field with its value and source, secrets masked', () => {
    const rows = config.explain()
    expect(rows.map(({ field }) => field)).toEqual(fieldNames)
    expect(rows.filter(({ source }) => source !== 'default')).toEqual([
      { field: 'endpointAddr', value: ['a', 'b'], source: 'option endpointAddr' },
      { field: 'secretKey', value: '****', source: 'option secretKey' },
      { field: 'relayMode', value: 'disabled', source: 'ASTER_RELAY_MODE' },
    ])
    expect(rows.find(({ field }) => field === 'connectTimeoutMs')).toEqual({
      field: 'connectTimeoutMs',
      value: 10_000,
      source: 'default',
    })
  })

  it('shows the entry of an identity file as a secret', () => {
    const rows = AsterConfig.resolve({ identity: { source: 'id', values: { credential: true } } }).explain()
    expect(rows.find(({ field }) => field === 'enrollmentCredentialFile')).toEqual({
      field: 'enrollmentCredentialFile',
      value: '****',
      source: 'id',
    })
  })

  it('prints as an aligned table', () => {
    const lines = formatExplanation(config.explain()).split('\n')
    expect(lines).toHaveLength(fieldNames.length)
    expect(lines[0]).toMatch(/^endpointAddr {14}a, b +option endpointAddr$/)
    expect(lines[6]).toMatch(/^identityFile +\(\.aster-identity in the working directory, if it exists\) {2}default$/)
  })
})

describe('what is printed', () => {
  it('is the explanation as text, the values as JSON and in the console', () => {
    expect(String(config)).toBe(formatExplanation(config.explain()))
    expect(JSON.parse(JSON.stringify(config))).toMatchObject({
      secretKey: '****',
      relayMode: 'disabled',
      logMask: true,
    })
    expect(inspect(config)).toMatch(/^AsterConfig \{[^]*secretKey: '\*{4}'/)
  })
})

describe('a configuration', () => {
  it('does not change with what it was made from, nor with what it gave', () => {
    const bytes = new Uint8Array(32).fill(1)
    const addresses = ['a']
    const config = AsterConfig.from({ secretKey: bytes, endpointAddr: addresses })
    bytes.fill(2)
    addresses.push('b')
    config.secretKey?.fill(3)
    expect(config.secretKey).toEqual(new Uint8Array(32).fill(1))
    expect(config.endpointAddrs).toEqual(['a'])
  })

  it('is frozen, and so is what it returns', () => {
    const config = AsterConfig.from({ endpointAddr: ['a'] })
    for (const given of [config, config.endpointAddrs, config.warnings, config.explain()])
      expect(given).toSatisfy(Object.isFrozen)
  })

  it('has an accessor for each field', () => {
    for (const name of fieldNames) {
      const [sample] = samples[name]
      const config = AsterConfig.from({ [name]: sample.option })
      expect(Reflect.get(config, name === 'endpointAddr' ? 'endpointAddrs' : name)).toEqual(sample.value)
    }
  })
})
