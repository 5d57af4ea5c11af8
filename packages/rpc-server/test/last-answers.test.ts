// Answers from before a shutdown reach their consumer, because the connection is flushed before it is closed.
import type { Connection } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, expect, it, vi } from 'vitest'
import { recordedLog, servicesOf } from './patterns.ts'
import { json } from './raw-frames.ts'

afterEach(() => void vi.useRealTimers())

function serve(flush: Connection['flush']) {
  const [, producer] = memoryPair()
  const order: string[] = []
  const { lines, logger } = recordedLog()
  const connection: Connection = {
    remoteId: producer.remoteId,
    alpn: producer.alpn,
    closed: producer.closed,
    openStream: (options) => producer.openStream(options),
    incomingStreams: () => producer.incomingStreams(),
    close(code, reason) {
      order.push('close')
      producer.close(code, reason)
    },
    ...(flush && {
      async flush() {
        order.push('flush')
        await flush()
        order.push('flushed')
      },
    }),
  }
  return {
    order,
    lines,
    served: serveConnection(connection, { services: servicesOf(() => {}), codecs: [json], logger }),
  }
}

it.each([0, 60_000, Infinity])('is flushed before it is closed, with a grace time of %d ms', async (graceMs) => {
  const { order, served } = serve(async () => {})
  await served.close({ graceMs })
  expect(order.slice(0, 3)).toEqual(['flush', 'flushed', 'close'])
})

it('is closed by a transport without flush', async () => {
  const { order, served } = serve(undefined)
  await served.close()
  expect(order[0]).toBe('close')
})

it.each<[string, NonNullable<Connection['flush']>]>([
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('is closed if flush() %s, which is logged', async (_how, flush) => {
  const { order, lines, served } = serve(flush)
  await served.close()
  expect(order.slice(0, 2)).toEqual(['flush', 'close'])
  expect(lines.join()).toContain('a connection failed')
})

it('is closed a second later if flush() never ends', async () => {
  vi.useFakeTimers()
  const { order, served } = serve(() => new Promise(() => {}))
  const closed = served.close()
  await vi.advanceTimersByTimeAsync(999)
  expect(order).toEqual(['flush'])
  await vi.advanceTimersByTimeAsync(1)
  await closed
  expect(order.slice(0, 2)).toEqual(['flush', 'close'])
})
