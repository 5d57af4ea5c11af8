import { describe, expect, it } from 'vitest'
import { configErrorOf } from '../../test/config-error-of.ts'
import { AsterConfig } from '../aster-config.ts'
import type { ConfigSources } from '../sources.ts'
import { formatExplanation } from '../explain.ts'

const option = (deadPeerMs: unknown): ConfigSources => ({ options: { deadPeerMs } as never })
const env = (text: string): ConfigSources => ({ env: { ASTER_DEAD_PEER_MS: text } })
const toml = (text: string): ConfigSources => ({ toml: { path: 'a', text: `[network]\ndead_peer_ms = ${text}` } })

describe('deadPeerMs', () => {
  it.each([
    [option(1_000), 1_000],
    [option(Infinity), Infinity],
    [env('1000'), 1_000],
    [env(' 86400000 '), 86_400_000],
    [env('inf'), Infinity],
    [env('Infinity'), Infinity],
    [env('+INF'), Infinity],
    [toml('1_000'), 1_000],
    [toml('15000.0'), 15_000],
    [toml('inf'), Infinity],
    [toml('+inf'), Infinity],
  ])('reads %j as %d', (source, expected) => {
    expect(AsterConfig.resolve(source).deadPeerMs).toBe(expected)
  })

  it.each([
    ...[999, 1_000.5, 0, -1, Number.NaN, -Infinity, 2 ** 53, 10_000n, '15000', 'inf', true, null].map(option),
    ...['999', '1e4', '1000.5', '0x1000', '-inf', 'nan', 'never', '15 s', '15_000'].map(env),
    ...['999', '1000.5', 'nan', '-inf', '"inf"', '"15000"', 'true', '9007199254740993'].map(toml),
  ])('refuses %o', (source) => {
    expect(configErrorOf(() => AsterConfig.resolve(source)).issues).toMatchObject([
      { field: 'deadPeerMs', expected: 'a whole number of milliseconds from 1000 on, or inf (Infinity in code)' },
    ])
  })

  it('has no default of its own, and shows Infinity in a form that JSON has', () => {
    expect(AsterConfig.resolve({}).deadPeerMs).toBeUndefined()
    expect(formatExplanation(AsterConfig.resolve({}).explain())).toMatch(/^deadPeerMs +\(15000, as a producer 30000/m)
    const config = AsterConfig.resolve(env('inf'))
    expect(JSON.parse(JSON.stringify(config))).toMatchObject({ deadPeerMs: 'inf' })
    expect(config.toString()).toMatch(/^deadPeerMs +inf +ASTER_DEAD_PEER_MS$/m)
  })
})
