import process from 'node:process'
import { AsterConfig } from '@aster/config'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { afterEach, expect, it, vi } from 'vitest'
import { QueueTransport } from '../test/queue-transport.ts'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'
import { onEndSignal } from './signals.ts'

const Item = t.struct('server/Item', { text: t.string })
const echo = implement(defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } }), { echo: (item) => item })

afterEach(() => void vi.restoreAllMocks())

const listeners = (): number => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')

function createServer(options: Partial<AsterServerOptions> = {}): AsterServer {
  const config = AsterConfig.from({ relayMode: 'disabled' })
  const transport = new QueueTransport()
  return new AsterServer({ services: [echo], config, transport, allowAllConsumers: true, logger: false, ...options })
}

it.each(['SIGTERM', 'SIGINT'] as const)('drains on the first %s, and does not handle the second one', (signal) => {
  const before = listeners()
  const drained: unknown[] = []
  onEndSignal({ graceMs: 7 }, (name, graceMs) => drained.push([name, graceMs]))
  expect(listeners()).toBe(before + 2)
  process.emit(signal, signal)
  expect(drained).toEqual([[signal, 7]])
  expect(listeners()).toBe(before)
})

it('waits 25 s by default, and listens only with the option', () => {
  const before = listeners()
  const graces: number[] = []
  for (const signals of [undefined, false]) onEndSignal(signals, (_signal, graceMs) => graces.push(graceMs))
  expect(listeners()).toBe(before)
  onEndSignal(true, (_signal, graceMs) => graces.push(graceMs))
  process.emit('SIGTERM', 'SIGTERM')
  expect(graces).toEqual([25_000])
})

it('listens from the beginning of start() to the end of close()', async () => {
  const before = listeners()
  const server = createServer({ signals: true })
  expect(listeners()).toBe(before)
  const starting = server.start()
  expect(listeners()).toBe(before + 2)
  await starting
  await server.close()
  expect(listeners()).toBe(before)
})

it('closes the server, and resolves closed', async () => {
  const server = createServer({ signals: { graceMs: 0 } })
  await server.start()
  const close = vi.spyOn(server, 'close')
  process.emit('SIGTERM', 'SIGTERM')
  await server.closed
  expect(close).toHaveBeenCalledWith({ graceMs: 0 })
})

it('does not listen after a failed start', async () => {
  const before = listeners()
  const transport = new QueueTransport()
  transport.listen = () => {
    throw new Error('no')
  }
  const server = createServer({ signals: true, transport })
  await expect(server.start()).rejects.toThrow('no')
  expect(listeners()).toBe(before)
})
