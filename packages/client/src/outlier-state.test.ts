import { RpcError, StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { OutlierState } from './outlier-state.ts'

const unavailable = new RpcError(StatusCode.UNAVAILABLE, 'gone')

function setUp() {
  let now = 1_000
  const outlier = new OutlierState({ now: () => now, random: () => 1 })
  const outcome = (error: RpcError | undefined): void => outlier.recordOutcome(outlier.epoch, error)
  const outcomes = (count: number): void => {
    for (let i = 0; i < count; i++) outcome(unavailable)
  }
  return { outlier, outcome, outcomes, pass: (ms: number) => (now += ms) }
}

it('is not ejected after four UNAVAILABLE answers in a row, or if another answer comes in between', () => {
  const { outlier, outcome, outcomes } = setUp()
  outcomes(4)
  expect([outlier.ejected, outlier.ejectedUntil]).toEqual([false, 0])
  outcome(new RpcError(StatusCode.NOT_FOUND, 'no'))
  outcomes(4)
  expect(outlier.ejected).toBe(false)
  outcomes(1)
  expect(outlier.ejected).toBe(true)
})

it('is ejected for a backoff after five UNAVAILABLE answers, which grows with further ones', () => {
  const { outlier, outcome, outcomes, pass } = setUp()
  outcomes(4)
  for (const ms of [100, 200, 400]) {
    outcome(unavailable)
    pass(ms - 1)
    expect(outlier.ejected).toBe(true)
    pass(1)
    expect(outlier.ejected).toBe(false)
  }
  outcome(undefined)
  expect(outlier.ejectedUntil).toBe(0)
  outcomes(5)
  expect(outlier.ejectedUntil).toBe(1_800)
})

it('counts calls that fail together as one failure', () => {
  const { outlier } = setUp()
  const { epoch } = outlier
  for (let i = 0; i < 50; i++) outlier.recordOutcome(epoch, unavailable)
  expect(outlier.ejectedUntil).toBe(1_100)
})

it('does not count the late success of an earlier call as a recovery', () => {
  const { outlier, outcome, outcomes } = setUp()
  const before = outlier.epoch
  outcomes(5)
  outlier.recordOutcome(before, undefined)
  expect(outlier.ejected).toBe(true)
  outcome(undefined)
  expect(outlier.ejected).toBe(false)
})

it('counts any answer of the producer as a success, and a call without an answer as neither', () => {
  for (const code of [StatusCode.NOT_FOUND, StatusCode.INTERNAL, StatusCode.RESOURCE_EXHAUSTED]) {
    const { outlier, outcome, outcomes } = setUp()
    outcomes(5)
    outcome(new RpcError(code, 'no'))
    expect(outlier.ejected).toBe(false)
  }
  for (const code of [StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED]) {
    const { outlier, outcome, outcomes } = setUp()
    outcomes(5)
    outcome(new RpcError(code, 'no'))
    expect(outlier.ejected).toBe(true)
  }
})

it('counts a loss and the calls that it ended as one failure', () => {
  const { outlier } = setUp()
  const { epoch } = outlier
  outlier.recordLoss()
  outlier.recordOutcome(epoch, unavailable)
  expect(outlier.ejectedUntil).toBe(1_100)
})

it('ejects a producer that refuses for a minute', () => {
  const { outlier } = setUp()
  outlier.recordConnectFailure(outlier.epoch, new Error('denied'))
  expect(outlier.ejectedUntil).toBe(61_000)
  const other = setUp().outlier
  other.recordConnectFailure(other.epoch, unavailable)
  expect(other.ejectedUntil).toBe(1_100)
})
