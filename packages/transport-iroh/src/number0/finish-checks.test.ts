import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FinishChecks } from './finish-checks.ts'
import type { NativeSendStream } from './native.ts'

/** Numbers of the halves that were checked and that were reset, in order. */
let checked: number[]
let reset: number[]

beforeEach(() => {
  vi.useFakeTimers()
  checked = []
  reset = []
})
afterEach(() => void vi.useRealTimers())

/** Returns a native half that the peer has stopped, or one that it has read to the end. */
function half(id: number, isStopped = false): NativeSendStream {
  const native: Partial<NativeSendStream> = {
    async stopped() {
      checked.push(id)
      return isStopped ? 0 : null
    },
    async reset() {
      reset.push(id)
    },
  }
  return native as NativeSendStream
}

/** Finishes halves, and returns how many of them are checked at once. */
function finish(checks: FinishChecks, count: number): number {
  const before = checked.length
  for (let id = 0; id < count; id++) checks.add(half(id), false)
  return checked.length - before
}

it('checks every 16th finish at once, and the next 64 after a stop', async () => {
  const checks = new FinishChecks()
  expect(finish(checks, 160)).toBe(10)
  checks.add(half(0, true), true)
  await vi.advanceTimersByTimeAsync(0)
  expect(reset).toEqual([0])
  expect(finish(checks, 64)).toBe(64)
  expect(finish(checks, 160)).toBe(10)
})

it('checks the other finishes once none has followed for 50 ms', async () => {
  const checks = new FinishChecks()
  for (const id of [1, 2, 3]) {
    checks.add(half(id, id === 2), false)
    await vi.advanceTimersByTimeAsync(49)
    expect(checked).toEqual([])
  }
  await vi.advanceTimersByTimeAsync(100)
  expect(checked).toEqual([1, 2, 3])
  expect(reset).toEqual([2])
  checks.add(half(4), true)
  expect(checked).toEqual([1, 2, 3, 4])
  expect(vi.getTimerCount()).toBe(0)
})

it('keeps the last 64 halves that were not checked', async () => {
  const checks = new FinishChecks()
  let id = 0
  for (; checked.length < 10;) checks.add(half(id++), false)
  const atOnce = new Set(checked)
  await vi.advanceTimersByTimeAsync(200)
  const later = Array.from({ length: id }, (_, each) => each).filter((each) => !atOnce.has(each))
  expect(new Set(checked.slice(10))).toEqual(new Set(later.slice(-64)))
  expect(checked).toHaveLength(10 + 64)
})

it('drops all halves when the connection is gone', async () => {
  const checks = new FinishChecks()
  finish(checks, 15)
  checks.drop()
  finish(checks, 10)
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(checked).toHaveLength(1)
})
