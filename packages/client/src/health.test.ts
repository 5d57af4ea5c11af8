import { RpcError, StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { Health } from './health.ts'

const unavailable = new RpcError(StatusCode.UNAVAILABLE, 'gone')

function setUp() {
  let now = 1_000
  const health = new Health({ now: () => now, random: () => 1 })
  const outcome = (error: RpcError | undefined): void => health.record(health.epoch, error)
  return { health, outcome, pass: (ms: number) => (now += ms) }
}

it('is bad for a backoff after UNAVAILABLE, which grows while nothing else comes', () => {
  const { health, outcome, pass } = setUp()
  expect([health.bad, health.badUntil]).toEqual([false, 0])
  for (const ms of [100, 200, 400]) {
    outcome(unavailable)
    pass(ms - 1)
    expect(health.bad).toBe(true)
    pass(1)
    expect(health.bad).toBe(false)
  }
  outcome(undefined)
  expect(health.badUntil).toBe(0)
  outcome(unavailable)
  expect(health.badUntil).toBe(1_800)
})

it('counts calls that fail together as one failure', () => {
  const { health } = setUp()
  const { epoch } = health
  for (let i = 0; i < 50; i++) health.record(epoch, unavailable)
  expect(health.badUntil).toBe(1_100)
})

it('does not take the late success of an earlier call for a recovery', () => {
  const { health, outcome } = setUp()
  const before = health.epoch
  outcome(unavailable)
  health.record(before, undefined)
  expect(health.bad).toBe(true)
  outcome(undefined)
  expect(health.bad).toBe(false)
})

it('takes any answer of the producer for a sign of life, and no news for none', () => {
  for (const code of [StatusCode.NOT_FOUND, StatusCode.INTERNAL, StatusCode.RESOURCE_EXHAUSTED]) {
    const { health, outcome } = setUp()
    outcome(unavailable)
    outcome(new RpcError(code, 'no'))
    expect(health.bad).toBe(false)
  }
  for (const code of [StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED]) {
    const { health, outcome } = setUp()
    outcome(unavailable)
    outcome(new RpcError(code, 'no'))
    expect(health.bad).toBe(true)
  }
})

it('takes a loss for one failure with the calls that it ended', () => {
  const { health } = setUp()
  const { epoch } = health
  health.recordLoss()
  health.record(epoch, unavailable)
  expect(health.badUntil).toBe(1_100)
})

it('leaves a producer that refuses alone for a minute', () => {
  const { health } = setUp()
  health.recordRefusal(health.epoch, new Error('denied'))
  expect(health.badUntil).toBe(61_000)
  const other = setUp().health
  other.recordRefusal(other.epoch, unavailable)
  expect(other.badUntil).toBe(1_100)
})
