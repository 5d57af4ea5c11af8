import { AsterError, type Logger } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Binding } from './binding.ts'
import { chooseBinding } from './choose-binding.ts'
import { number0Binding } from './number0/endpoint.ts'
import { ringBinding } from './rings/binding.ts'

vi.mock('./rings/binding.ts', () => ({ ringBinding: vi.fn<typeof ringBinding>() }))
vi.mock('./number0/endpoint.ts', () => ({ number0Binding: vi.fn<typeof number0Binding>() }))

const native = { name: 'native' } as Binding
const number0 = { name: 'number0' } as Binding
const debug = vi.fn<Logger['debug']>()
const logger = { trace() {}, debug, info() {}, warn() {}, error() {}, fatal() {} } as unknown as Logger

beforeEach(() => {
  vi.stubEnv('ASTER_IROH_BINDING', undefined)
  vi.mocked(ringBinding).mockResolvedValue(native)
  vi.mocked(number0Binding).mockResolvedValue(number0)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.clearAllMocks()
})

it.each(['', undefined])('prefers the addon, and logs nothing: %j', async (forced) => {
  vi.stubEnv('ASTER_IROH_BINDING', forced)
  expect(await chooseBinding(logger)).toBe(native)
  expect(number0Binding).not.toHaveBeenCalled()
  expect(debug).not.toHaveBeenCalled()
})

it('logs why the addon cannot be loaded, once for each choice, and takes the other binding', async () => {
  vi.mocked(ringBinding).mockRejectedValue(new AsterError('the addon is not there'))
  expect([await chooseBinding(logger), await chooseBinding(logger)]).toEqual([number0, number0])
  const line = [{ reason: 'the addon is not there' }, '@aster/iroh-native is not used']
  expect(debug.mock.calls).toEqual([line, line])
})

it('needs no logger, and ignores one that throws', async () => {
  vi.mocked(ringBinding).mockRejectedValue(new AsterError('the addon is not there'))
  expect(await chooseBinding()).toBe(number0)
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
  debug.mockImplementationOnce(() => {
    throw new Error('no room on the disk')
  })
  expect(await chooseBinding(logger)).toBe(number0)
  warned.mockRestore()
})

it('names both reasons if neither binding can be loaded', async () => {
  const cause = new AsterError('the other one is of another platform')
  vi.mocked(ringBinding).mockRejectedValue(new AsterError('the addon is not there'))
  vi.mocked(number0Binding).mockRejectedValue(cause)
  const failed = chooseBinding(logger)
  await expect(failed).rejects.toThrow(AsterError)
  await expect(failed).rejects.toMatchObject({
    message: 'the other one is of another platform; and the addon is not there',
    cause,
  })
})

it.each([
  ['native', native, number0Binding],
  ['number0', number0, ringBinding],
])('takes the binding that is forced, and does not look at the other: %s', async (forced, expected, other) => {
  vi.stubEnv('ASTER_IROH_BINDING', forced)
  expect(await chooseBinding(logger)).toBe(expected)
  expect(other).not.toHaveBeenCalled()
})

it.each([
  ['native', ringBinding],
  ['number0', number0Binding],
])('does not take the other binding if the one that is forced cannot be loaded: %s', async (forced, load) => {
  vi.stubEnv('ASTER_IROH_BINDING', forced)
  vi.mocked(load).mockRejectedValue(new AsterError('it is broken'))
  await expect(chooseBinding(logger)).rejects.toThrow(`ASTER_IROH_BINDING is '${forced}': it is broken`)
  expect(debug).not.toHaveBeenCalled()
})

it.each(['Native', 'rings', '__proto__', '1'])('refuses a name that is not a binding: %s', async (forced) => {
  vi.stubEnv('ASTER_IROH_BINDING', forced)
  await expect(chooseBinding(logger)).rejects.toThrow(
    `ASTER_IROH_BINDING is "${forced}"; expected 'native' or 'number0', or leave it unset`,
  )
})
