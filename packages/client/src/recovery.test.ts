// The recovery time of calls after an outage, over a transport that retransmits packets like QUIC.
import { type Connection, type NodeAddr, StatusCode, type Transport, TransportError } from '@aster/rpc-core'
import { onAbort } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeConnection } from '../test/fake-transport.ts'
import { lost, setUp, settled } from '../test/peer-setup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The milliseconds at which a dial sends its first packet, and sends it again. */
const SENT_MS = [0, 1_000, 3_000, 7_000, 15_000]
const TIMED_OUT_MS = 30_000

/** Reaches the peer when the link is up. Cancelled dials continue, like those of the addon. */
class Link implements Transport {
  readonly localAddress: NodeAddr = { endpointId: 'here', addresses: [] }
  isUp = true
  readonly made: FakeConnection[] = []

  connect({ endpointId }: NodeAddr, { signal }: { signal?: AbortSignal | undefined }): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const timers = SENT_MS.map((ms) =>
        setTimeout(() => {
          if (!this.isUp) return
          for (const timer of timers) clearTimeout(timer)
          const connection = new FakeConnection(endpointId)
          this.made.push(connection)
          if (signal?.aborted === true) connection.close()
          else resolve(connection)
        }, ms),
      )
      timers.push(setTimeout(() => reject(new TransportError('unreachable', 'timed out')), TIMED_OUT_MS))
      onAbort(signal, () => reject(signal?.reason as Error))
    })
  }

  async *listen(): AsyncGenerator<Connection> {}
  async close(): Promise<void> {}
}

/** Returns a peer whose connection is lost when the link goes down. */
async function setUpOutage(connectTimeoutMs: number) {
  const link = new Link()
  // Every backoff is as long as possible.
  const clock = { now: () => performance.now(), random: () => 1 }
  const { peer, close } = setUp({ transport: link, connectTimeoutMs, clock })
  const first = peer.connect()
  await vi.advanceTimersByTimeAsync(0)
  const { connection } = await first
  link.isUp = false
  ;(connection as FakeConnection).end(lost)
  await settled()
  return { link, peer, close }
}

describe.each([300, 2_000, 10_000, 60_000])('with a connect timeout of %d ms', (connectTimeoutMs) => {
  it.each([0.5, 1, 2, 3.5, 5, 8, 9.2, 10, 11, 12.5, 15.5, 20, 25, 29, 31, 45, 60, 90])(
    'the next call after an outage of %d s succeeds within half of it and 3 s',
    async (seconds) => {
      const { link, peer, close } = await setUpOutage(connectTimeoutMs)
      // Calls are made during the whole outage.
      for (let at = 0; at < seconds; at += 0.5) {
        peer.connect().catch(() => {})
        await vi.advanceTimersByTimeAsync(Math.min(500, (seconds - at) * 1_000))
      }
      link.isUp = true
      const since = performance.now()
      const next = peer.connect().then(
        () => performance.now() - since,
        (error: Error) => error.message,
      )
      await vi.advanceTimersByTimeAsync(seconds * 500 + 3_000)
      expect(await Promise.race([next, Promise.resolve('still waiting')])).toBeLessThanOrEqual(seconds * 500 + 3_000)

      // Connections of the other dials are closed, and no timer remains.
      close()
      await vi.advanceTimersByTimeAsync(60_000)
      expect(link.made.filter(({ info }) => info === undefined)).toEqual([])
      expect(vi.getTimerCount()).toBe(0)
    },
  )
})

it('fails a call that has waited for the connect timeout, but not a later one', async () => {
  const { link, peer } = await setUpOutage(10_000)
  const first = peer.connect().catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(9_500)
  const second = peer.connect()
  await vi.advanceTimersByTimeAsync(600)
  expect(await first).toMatchObject({
    code: StatusCode.UNAVAILABLE,
    message: 'cannot reach the producer there (no address known): no answer within 10000 ms',
  })
  link.isUp = true
  await vi.advanceTimersByTimeAsync(3_000)
  expect((await second).end).toBeUndefined()
})
