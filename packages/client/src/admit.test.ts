import { generateKeyPair } from '@aster/identity'
import { type ByteStream, type Connection, type NodeAddr, StatusCode, type Transport } from '@aster/rpc-core'
import { ADMISSION_ALPN } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeConnection } from '../test/fake-transport.ts'
import { admit } from './admit.ts'
import { resolveSettings } from './settings.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const address: NodeAddr = { endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:1'] }

/** A transport whose producer answers so, or not at all; and the connection that admission was asked for on. */
function answering(answer?: object): { transport: Transport; connection: FakeConnection } {
  const pieces: (Uint8Array | undefined)[] = [new TextEncoder().encode(JSON.stringify(answer)), undefined]
  const stream: ByteStream = {
    read: async () => (answer === undefined ? new Promise(() => {}) : pieces.shift()),
    write: async () => {},
    finish: async () => {},
    reset: () => {},
    stop: () => {},
  }
  const connection = Object.assign(new FakeConnection(address.endpointId), {
    alpn: ADMISSION_ALPN,
    openStream: async () => stream,
  })
  const transport: Transport = {
    connect: async (): Promise<Connection> => connection,
    async *listen() {},
    localAddress: { endpointId: 'here', addresses: [] },
    close: async () => {},
  }
  return { transport, connection }
}

const settings = resolveSettings({ endpointAddr: address.endpointId })
const admitted = { admitted: true, attributes: {}, services: [], root_pubkey: 'a'.repeat(64), reason: '' }

it('leaves the connection open for the dial that follows, and closes it then', async () => {
  const { transport, connection } = answering(admitted)
  expect(await admit({ transport, address, settings, signal: new AbortController().signal })).toMatchObject({
    services: [],
  })
  expect(connection.info).toBeUndefined()
  vi.runAllTimers()
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
})

it('closes it with the client', async () => {
  const { transport, connection } = answering(admitted)
  const closing = new AbortController()
  await admit({ transport, address, settings, signal: closing.signal })
  closing.abort()
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
  expect(vi.getTimerCount()).toBe(0)
})

it('closes it at once where it is not admitted', async () => {
  const { transport, connection } = answering({ ...admitted, admitted: false })
  await expect(admit({ transport, address, settings })).rejects.toThrow('consumer admission denied')
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
  expect(vi.getTimerCount()).toBe(0)
})

it('gives up at the connect timeout, and closes it', async () => {
  const { transport, connection } = answering()
  const error = admit({ transport, address, settings }).catch((reason: unknown) => reason)
  await vi.advanceTimersByTimeAsync(settings.config.connectTimeoutMs - 1)
  expect(connection.info).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(await error).toMatchObject({
    code: StatusCode.UNAVAILABLE,
    message: `the producer ${address.endpointId} did not answer the admission request within 10000 ms`,
  })
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
  expect(vi.getTimerCount()).toBe(0)
})
