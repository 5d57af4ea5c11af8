import { describe, expect, it, vi } from 'vitest'
import type { ByteStream } from '../../transport.ts'
import { PolledStream } from './polled-stream.ts'

const waiter = () => ({ onReadable: vi.fn() })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A stream that can only be read by promises. */
function promised(...outcomes: (Uint8Array | Error | undefined)[]) {
  const read = vi.fn(async () => {
    const next = outcomes.shift()
    if (next instanceof Error) throw next
    return next
  })
  return { read, polled: new PolledStream({ read } as Partial<ByteStream> as ByteStream) }
}

describe('a stream that is read by promises', () => {
  it('holds the result of a read until it is taken, and notifies the last waiter', async () => {
    const { read, polled } = promised(Uint8Array.of(1))
    const [first, last] = [waiter(), waiter()]
    expect(polled.read(first, 7)).toBeUndefined()
    expect(polled.read(last)).toBeUndefined()
    await turn()
    expect(read.mock.calls).toEqual([[7]])
    expect([first.onReadable.mock.calls.length, last.onReadable.mock.calls.length]).toEqual([0, 1])
    expect(polled.read(waiter())).toEqual(Uint8Array.of(1))
  })

  it('returns null at the end, and throws the error of a failed read', async () => {
    const lost = new Error('lost')
    const { polled } = promised(undefined, lost)
    expect(polled.read(waiter())).toBeUndefined()
    await turn()
    expect(polled.read(waiter())).toBeNull()
    expect(polled.read(waiter())).toBeUndefined()
    await turn()
    expect(() => polled.read(waiter())).toThrow(lost)
  })
})

it('polls a stream that supports it, without a promise', () => {
  const tryRead = vi.fn(() => Uint8Array.of(1))
  const read = vi.fn()
  const polled = new PolledStream({ read, tryRead } as Partial<ByteStream> as ByteStream)
  const one = waiter()
  expect(polled.read(one, 9)).toEqual(Uint8Array.of(1))
  expect(tryRead.mock.calls).toEqual([[one, 9]])
  expect(read).not.toHaveBeenCalled()
})
