import { expect, it } from 'vitest'
import { findUnknownOptions } from './option-names.ts'

const known = ['timeoutMs', 'channel', 'logger']
const expectedOf = (options: unknown): string[] => findUnknownOptions(options, known).map(({ expected }) => expected)

it.each([
  [{ timeoutMs: 1, channel: undefined }, []],
  [{ unknown: undefined }, []],
  [{ timeoutMS: 1 }, ['timeoutMs']],
  [{ timeout: 1 }, ['timeoutMs']],
  [{ chanel: 1, loger: 1 }, ['channel', 'logger']],
  [{ xyz: 1 }, ['one of timeoutMs, channel, logger']],
  [{ relayMode: 1 }, ['it in the configuration: config: AsterConfig.fromEnv().withOptions({ relayMode })']],
  [Promise.resolve(), []],
  ['channel', ['an object of options']],
  [[], ['an object of options']],
])('%j', (options, expected) => {
  expect(expectedOf(options)).toEqual(expected)
})

it('quotes a name that is not one', () => {
  expect(findUnknownOptions({ 'a\nb': 1 }, known)[0]?.source).toBe('option "a\\nb"')
})
