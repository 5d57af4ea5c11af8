import type { ConnectionPath } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { WhatIsKnown } from '../test/fake-transport.ts'
import { lost, settled, setUp } from '../test/peer-setup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const relay: ConnectionPath = { kind: 'relay', address: 'https://relay.example/', rttMs: 40, selected: true }
const direct: ConnectionPath = { kind: 'direct', address: '127.0.0.1:1', rttMs: 1, selected: true }
const unused = (path: ConnectionPath): ConnectionPath => ({ ...path, selected: false })

async function connected(known?: WhatIsKnown) {
  const all = setUp()
  const connecting = all.peer.connect()
  const connection = all.transport.last.succeed(known)
  await connecting
  return { ...all, connection }
}

it('is reported once, and again when another path is in use', async () => {
  const { connection, paths } = await connected({ paths: [relay] })
  expect(paths).toEqual([])
  await settled()
  expect(paths).toEqual(['relay https://relay.example/'])
  connection.paths = [relay, unused(direct)]
  await vi.advanceTimersByTimeAsync(10_000)
  expect(paths).toHaveLength(1)
  connection.paths = [direct, unused(relay)]
  await vi.advanceTimersByTimeAsync(1_000)
  expect(paths.slice(1)).toEqual(['then direct 127.0.0.1:1'])
  connection.paths = [{ ...direct, address: '127.0.0.1:2' }]
  await vi.advanceTimersByTimeAsync(1_000)
  expect(paths.slice(2)).toEqual(['then direct 127.0.0.1:2'])
})

it('is not reported if only the round-trip time changes', async () => {
  const { connection, paths } = await connected({ paths: [direct] })
  await settled()
  connection.paths = [{ ...direct, rttMs: 9 }]
  await vi.advanceTimersByTimeAsync(10_000)
  expect(paths).toHaveLength(1)
})

it('is reported when the first one is known', async () => {
  const { connection, paths } = await connected({ paths: [] })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(paths).toEqual([])
  connection.paths = [direct]
  await vi.advanceTimersByTimeAsync(1_000)
  expect(paths).toEqual(['direct 127.0.0.1:1'])
})

it.each(['lost', 'closed'] as const)('is not checked any more after the connection is %s', async (end) => {
  const { connection, paths, close } = await connected({ paths: [relay] })
  await settled()
  if (end === 'lost') connection.end(lost)
  else close()
  await settled()
  expect(vi.getTimerCount()).toBe(0)
  connection.paths = [direct]
  await vi.advanceTimersByTimeAsync(10_000)
  expect(paths).toHaveLength(1)
})

it('is not checked any more after a listener has closed the client', async () => {
  const all = setUp({ onPath: () => all.close() })
  const connecting = all.peer.connect()
  all.transport.last.succeed({ paths: [relay] })
  await connecting
  await settled()
  expect([all.peer.state, vi.getTimerCount()]).toEqual(['closed', 0])
})

it('is not checked if the transport has no paths', async () => {
  await connected()
  expect(vi.getTimerCount()).toBe(0)
})

it('is reported after the transport has failed once, with a warning', async () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const { connection, paths } = await connected({ paths: [] })
  Object.defineProperty(connection, 'paths', {
    configurable: true,
    get() {
      throw new Error('the driver died')
    },
  })
  await vi.advanceTimersByTimeAsync(3_000)
  expect(emitWarning.mock.calls).toEqual([[expect.stringContaining('the driver died'), expect.anything()]])
  Object.defineProperty(connection, 'paths', { value: [direct] })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(paths).toEqual(['direct 127.0.0.1:1'])
  emitWarning.mockRestore()
})
