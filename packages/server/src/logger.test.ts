// A logger that throws or rejects does not affect the server.
import { requestAdmission } from '@aster/admission'
import { JsonCodec } from '@aster/codec-json'
import { AsterConfig } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import { createClient } from '@aster/rpc-client'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { afterEach, expect, it, vi } from 'vitest'
import { QueueTransport } from '../test/queue-transport.ts'
import { AsterServer } from './aster-server.ts'

const Item = t.struct('server/Item', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } })

afterEach(() => void vi.restoreAllMocks())

it.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('the disk is full')
    },
  ],
  ['rejects', () => Promise.reject(new Error('the disk is full'))],
])('serves, refuses, breaks and closes with a logger that %s', async (_what, log) => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const transport = new QueueTransport()
  const { publicKey } = generateKeyPair()
  const server = new AsterServer({
    services: [implement(Echo, { echo: (item) => item })],
    // Both keys are set, which causes a warning.
    config: AsterConfig.from({ relayMode: 'disabled', rootPubkey: publicKey, rootPubkeyFile: '/nowhere/root.pub' }),
    health: true,
    transport,
    logger: { debug: log, info: log, warn: log, error: log },
  })
  await server.start()
  await expect(requestAdmission(transport.dialAdmission())).rejects.toThrow('consumer admission denied')
  expect(await transport.dial().closed).toMatchObject({ code: 403 })
  transport.incoming.end()
  await expect(server.closed).rejects.toThrow('takes no more connections')
  expect(server.health?.get('Echo')).toBe('NOT_SERVING')
  await server.close()
  // Node reports unhandled rejections after the microtasks of the turn.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

it('serves with a logger that throws, and does not hide the failure of a handler', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const log = () => {
    throw new Error('the disk is full')
  }
  const transport = new QueueTransport()
  const server = new AsterServer({
    services: [
      implement(Echo, {
        echo: (item) => {
          if (item.text === 'boom') throw new Error('boom')
          return item
        },
      }),
    ],
    config: AsterConfig.from({ relayMode: 'disabled' }),
    allowAllConsumers: true,
    transport,
    logger: { debug: log, info: log, warn: log, error: log },
  })
  await server.start()
  const { echo } = createClient(Echo, { connection: transport.dial(), codec: new JsonCodec() })
  await expect(echo({ text: 'boom' })).rejects.toMatchObject({ codeName: 'UNKNOWN' })
  expect(await echo({ text: 'next' })).toMatchObject({ text: 'next' })
  await server.close()
})
