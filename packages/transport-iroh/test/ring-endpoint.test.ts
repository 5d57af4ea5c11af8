import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EventKind } from '../src/rings/kinds.ts'
import { RingEndpoint } from '../src/rings/ring-endpoint.ts'
import { Rings } from '../src/rings/rings.ts'
import { FakeNet } from './fake-net.ts'

const TARGET = { endpointId: 'a'.repeat(64), addresses: ['127.0.0.1:9'] }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Binds an endpoint. */
async function bound(bindAddr?: string) {
  const net = new FakeNet()
  const rings = new Rings(net.addon, (error) => expect.unreachable(String(error)))
  const binding = RingEndpoint.bind(rings, { relays: 'disabled', bindAddr, maxStreams: 1 } as Parameters<
    typeof RingEndpoint.bind
  >[1])
  const handle = (1 << 20) | 1
  net.event(EventKind.READY, handle)
  net.wake()
  const endpoint = await binding
  return {
    endpoint,
    /** Cancels a dial that is in progress. */
    cancelDial: async () => {
      const controller = new AbortController()
      const dial = endpoint.connect(TARGET, 'test', controller.signal)
      controller.abort(new Error('enough'))
      await expect(dial).rejects.toThrow('enough')
    },
    /** Begins to close the endpoint. Returns a function that is called when `close` has resolved. */
    close: () => {
      const closed = vi.fn<() => void>()
      void endpoint.close().then(closed)
      return closed
    },
    done: () => {
      net.event(EventKind.DONE, handle)
      net.wake()
    },
  }
}

it('closes in the background after 100 ms if a dial was cancelled in the last 3 s', async () => {
  const { cancelDial, close, done } = await bound('127.0.0.1:0')
  await cancelDial()
  await vi.advanceTimersByTimeAsync(2_900)
  const closed = close()
  await vi.advanceTimersByTimeAsync(99)
  expect(closed).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(closed).toHaveBeenCalledOnce()
  done()
})

it.each([
  ['no dial was cancelled', undefined, undefined],
  ['a dial was cancelled 3 s ago', undefined, 3_000],
  ['the port must be free', '127.0.0.1:4433', 0],
])('waits for the end of the endpoint if %s', async (_, bindAddr, cancelledMs) => {
  const { cancelDial, close, done } = await bound(bindAddr)
  if (cancelledMs !== undefined) {
    await cancelDial()
    await vi.advanceTimersByTimeAsync(cancelledMs)
  }
  const closed = close()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(closed).not.toHaveBeenCalled()
  done()
  await vi.advanceTimersByTimeAsync(0)
  expect(closed).toHaveBeenCalledOnce()
})
