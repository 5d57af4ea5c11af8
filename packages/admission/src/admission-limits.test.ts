import { expect, it } from 'vitest'
import { deskFor } from '../test/desk.ts'
import { checkAdmissionLimits } from './admission-limits.ts'

it.each<[unknown, string]>([
  [5, 'admission: expected an object of limits, found the integer 5'],
  [{ timeout: 1 }, 'admission: expected timeoutMs, maxConnections, maxConnectionsPerPeer, perAddress, found timeout'],
  [{ timeoutMs: 0 }, 'admission.timeoutMs: expected a number above 0, found 0'],
  [{ timeoutMs: Infinity }, 'admission.timeoutMs: expected a number above 0, found Infinity'],
  [{ timeoutMs: 2 ** 31 }, 'admission.timeoutMs: expected at most 2147483647 milliseconds, found 2147483648'],
  [{ maxConnections: 0 }, 'admission.maxConnections: expected an integer from 1, found 0'],
  [{ maxConnectionsPerPeer: 1.5 }, 'admission.maxConnectionsPerPeer: expected an integer from 1, found 1.5'],
  [{ perAddress: 5 }, 'admission.perAddress: expected an object of limits, found the integer 5'],
  [{ perAddress: { rate: 5 } }, 'admission.perAddress: expected perSecond, burst, found rate'],
  [{ perAddress: { perSecond: -1 } }, 'admission.perAddress.perSecond: expected a number above 0, found -1'],
  [{ perAddress: { burst: 0 } }, 'admission.perAddress.burst: expected a number from 1, found 0'],
])('refuses %j', (limits, message) => {
  expect(() => checkAdmissionLimits('admission', limits as object)).toThrow(message)
})

it.each([undefined, {}, { timeoutMs: 5, maxConnections: 1, maxConnectionsPerPeer: 1, perAddress: {} }])(
  'takes %j',
  (limits) => expect(() => checkAdmissionLimits('admission', limits)).not.toThrow(),
)

it('are checked by a desk', () => {
  expect(() => deskFor({ maxConnections: 0 })).toThrow('AdmissionDesk.maxConnections: expected an integer from 1')
})
