import { RpcError, StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { FakeConnection } from '../test/fake-transport.ts'
import { OutlierState } from './outlier-state.ts'
import { SharedConnection } from './shared-connection.ts'
import { TargetLease } from './target-lease.ts'

const unavailable = new RpcError(StatusCode.UNAVAILABLE, 'gone')

function setUp() {
  const clock = { now: () => 1_000, random: () => 1 }
  const shared = new SharedConnection(new FakeConnection('there'), clock, () => {})
  const outlier = new OutlierState(clock)
  return { shared, outlier, acquire: () => new TargetLease(shared, outlier) }
}

it('counts as pending until its release, which records the outcome once', () => {
  const { shared, outlier, acquire } = setUp()
  for (let i = 0; i < 4; i++) outlier.recordOutcome(outlier.epoch, unavailable)
  const [first, second] = [acquire(), acquire()]
  expect([shared.pending, first.connection]).toEqual([2, shared.connection])
  first.release(new RpcError(StatusCode.CANCELLED, 'left'))
  first.release(unavailable)
  expect([shared.pending, outlier.ejected]).toEqual([1, false])
  second.release(unavailable)
  expect([shared.pending, outlier.ejected]).toEqual([0, true])
})

it('records nothing when it is discarded', () => {
  const { shared, outlier, acquire } = setUp()
  outlier.recordLoss()
  const lease = acquire()
  lease.discard()
  lease.discard()
  lease.release(undefined)
  expect([shared.pending, outlier.ejected]).toEqual([0, true])
})
