import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Pushable } from './pushable.ts'

/** Returns whether a promise has settled by the end of this turn. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(
    () => (done = true),
    () => (done = true),
  )
  await new Promise(setImmediate)
  return done
}

async function collect<T>(queue: Pushable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of queue) items.push(item)
  return items
}

describe('Pushable', () => {
  it('returns the pushed items in order, and then the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer()),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (items, capacity, wait) => {
          const queue = new Pushable<number>(capacity)
          const write = async (): Promise<void> => {
            for (const item of items) {
              const pushed = queue.push(item)
              if (wait) await pushed
            }
            queue.end()
          }
          const [found] = await Promise.all([collect(queue), write()])
          expect(found).toEqual(items)
          expect(await queue.next()).toEqual({ done: true, value: undefined })
        },
      ),
    )
  })

  it('makes the writer wait while it is full', async () => {
    const queue = new Pushable<number>(2)
    expect(await settled(queue.push(1))).toBe(true)
    const second = queue.push(2)
    expect(await settled(second)).toBe(false)
    expect(await queue.next()).toEqual({ done: false, value: 1 })
    expect(await settled(second)).toBe(true)
  })

  it('does not make the writer wait if the reader waits', async () => {
    const queue = new Pushable<number>()
    const next = queue.next()
    expect(await settled(queue.push(1))).toBe(true)
    expect(await next).toEqual({ done: false, value: 1 })
  })

  it('serves several calls of next in order', async () => {
    const queue = new Pushable<number>(10)
    const calls = [queue.next(), queue.next(), queue.next(), queue.next()]
    void queue.push(1)
    void queue.push(2)
    calls.push(queue.next())
    void queue.push(3)
    queue.end()
    const results = await Promise.all(calls)
    expect(results.map(({ value }) => value)).toEqual([1, 2, 3, undefined, undefined])
  })

  it('returns the queued items before the error, and the error once', async () => {
    const queue = new Pushable<number>(5)
    await queue.push(1)
    const error = new Error('no')
    queue.fail(error)
    queue.fail(new Error('later'))
    queue.end()
    expect(await queue.next()).toEqual({ done: false, value: 1 })
    await expect(queue.next()).rejects.toBe(error)
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('fails the first waiting reader, and ends the others', async () => {
    const queue = new Pushable<number>()
    const calls = [queue.next(), queue.next()]
    queue.fail(new Error('no'))
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('keeps an error that is undefined', async () => {
    const queue = new Pushable<number>()
    queue.fail(undefined)
    await expect(queue.next()).rejects.toBe(undefined)
  })

  it('informs and wakes the writer when the reader leaves', async () => {
    const left = vi.fn()
    const queue = new Pushable<number>(1, left)
    const waiting = queue.push(1)
    for await (const item of queue) {
      expect(item).toBe(1)
      break
    }
    await waiting
    expect(left).toHaveBeenCalledTimes(1)
    expect(queue.open).toBe(false)
    expect(await settled(queue.push(2))).toBe(true)
    expect(await queue.next()).toEqual({ done: true, value: undefined })
    await queue.return()
    expect(left).toHaveBeenCalledTimes(1)
  })

  it('does not report a reader that leaves after the end', async () => {
    const left = vi.fn()
    const queue = new Pushable<number>(5, left)
    await queue.push(1)
    queue.end()
    expect(queue.open).toBe(false)
    await queue.return()
    expect(left).not.toHaveBeenCalled()
  })

  it('ends a waiting reader when another call leaves', async () => {
    const queue = new Pushable<number>()
    const next = queue.next()
    await queue.return()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  it('drops the error when the reader has left', async () => {
    const queue = new Pushable<number>()
    await queue.return()
    queue.fail(new Error('no'))
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('drops items that are pushed after the end', async () => {
    const queue = new Pushable<number>(5)
    queue.end()
    await queue.push(1)
    expect(await collect(queue)).toEqual([])
  })
})
