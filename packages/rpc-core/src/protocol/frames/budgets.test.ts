import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../limits.ts'
import { StatusCode } from '../../status-code.ts'
import { ReadBudget, type ReadShare } from './read-budget.ts'
import { type RoomWaiter, WriteBudget } from './write-budget.ts'

const MIB = 2 ** 20
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the budget for received frames', () => {
  /** Reserves `bytes` for a new share, and records when it is admitted. */
  function reserve(budget: ReadBudget, bytes: number, isAsked = true): { share: ReadShare; isAdmitted: () => boolean } {
    const share = budget.share()
    share.isAsked = isAsked
    let isAdmitted = false
    const room = share.reserve(bytes)
    if (room === undefined) isAdmitted = true
    else void room.then(() => (isAdmitted = true))
    return { share, isAdmitted: () => isAdmitted }
  }

  it('admits frames that fit, in the order in which they began', async () => {
    const budget = new ReadBudget()
    const frames = Array.from({ length: 4 }, () => reserve(budget, 12 * MIB))
    expect(frames.map(({ isAdmitted }) => isAdmitted())).toEqual([true, true, false, false])
    frames[1]?.share.release(12 * MIB)
    await turn()
    expect(frames.map(({ isAdmitted }) => isAdmitted())).toEqual([true, true, true, false])
    for (const { share } of frames) share.close()
    expect(budget.used).toBe(0)
  })

  it('leaves room for shorter frames beside the longest', () => {
    const budget = new ReadBudget()
    reserve(budget, 16 * MIB)
    expect(reserve(budget, 16 * MIB).isAdmitted()).toBe(false)
    for (let i = 0; i < 16; i++) expect(reserve(budget, MIB).isAdmitted()).toBe(true)
    expect(reserve(budget, MIB).isAdmitted()).toBe(false)
    expect(budget.used).toBe(LIMITS.connectionReceivedBytes)
  })

  it('always admits a frame that a reader waits for, whatever was read ahead', async () => {
    const budget = new ReadBudget()
    for (let i = 0; i < 8; i++) expect(reserve(budget, MIB, false).isAdmitted()).toBe(true)
    const ahead = reserve(budget, 16 * MIB, false)
    expect(ahead.isAdmitted()).toBe(false)
    ahead.share.isAsked = true
    await turn()
    expect(ahead.isAdmitted()).toBe(true)
  })

  it('refuses a frame that would wait behind 64 MiB', () => {
    const budget = new ReadBudget()
    const waiting = () => reserve(budget, LIMITS.frameLength)
    expect(() => Array.from({ length: 100 }, waiting)).toThrow(
      expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED }),
    )
    expect(budget.used).toBe(LIMITS.frameLength)
  })

  it('lets streams read less ahead as it fills', () => {
    const budget = new ReadBudget()
    expect(budget.aheadBytes).toBeGreaterThan(65_536)
    let held = 0
    for (let i = 0; i < 1_024; i++) {
      const bytes = Math.min(65_536, budget.aheadBytes)
      budget.share().hold(bytes)
      held += bytes
    }
    expect(budget.aheadBytes).toBeGreaterThan(0)
    expect(held).toBeLessThan(8 * MIB)
    expect(budget.used).toBeCloseTo(held)
  })
})

describe('the budget for queued frames', () => {
  const waiter = (budget: WriteBudget, isAnswer = false) => {
    const one = {
      proceeded: 0,
      get hasRoom(): boolean {
        return isAnswer ? !budget.isFull || budget.mayBorrow(one) : !budget.isFull
      },
      proceed: () => void one.proceeded++,
    }
    return one satisfies RoomWaiter
  }

  it('lets a stream queue less as it fills', () => {
    const budget = new WriteBudget()
    expect(budget.streamBytes).toBeGreaterThan(LIMITS.queuedBytes)
    for (let i = 0; i < 1_024; i++) budget.add(Math.min(LIMITS.queuedBytes, budget.streamBytes))
    expect(budget.isFull).toBe(false)
  })

  it('wakes one stream at a time while it is tight, and all when it is not', () => {
    const budget = new WriteBudget()
    budget.add(LIMITS.connectionQueuedBytes)
    const waiters = Array.from({ length: 3 }, () => waiter(budget))
    for (const one of waiters) budget.wait(one)
    budget.add(-1)
    expect(waiters.map(({ proceeded }) => proceeded)).toEqual([1, 0, 0])
    budget.add(-LIMITS.connectionQueuedBytes + 1)
    expect(waiters.map(({ proceeded }) => proceeded)).toEqual([1, 1, 1])
  })

  it('lets one response at a time exceed it', () => {
    const budget = new WriteBudget()
    budget.add(LIMITS.connectionQueuedBytes)
    const [first, second, stream] = [waiter(budget, true), waiter(budget, true), waiter(budget)]
    expect(budget.mayBorrow(first)).toBe(true)
    budget.borrow(first)
    budget.wait(stream)
    budget.wait(second)
    expect(budget.mayBorrow(second)).toBe(false)
    budget.giveBack(first)
    expect([second.proceeded, stream.proceeded]).toEqual([1, 0])
  })
})
