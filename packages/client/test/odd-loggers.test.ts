// Loggers and listeners that fail do not affect a client, over memory.
import { AsterClient, type AsterClientOptions, AsterConfig, type Logger } from '@aster/client'
import { defineService, StatusCode, unary } from '@aster/rpc-core'
import { echoService, Item } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

const fails = (level: string) => (): never => {
  throw new Error(`logger.${level} broke`)
}
const rejects = (level: string) => async (): Promise<never> => fails(level)()
const everyLevel = (make: (level: string) => () => unknown): Logger =>
  Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, make(level)])) as unknown as Logger

let unhandled: unknown[]
const note = (error: unknown): void => void unhandled.push(error)
let producer: LittleProducer
const clients: AsterClient[] = []
beforeEach(() => {
  unhandled = []
  process.on('unhandledRejection', note)
  producer = new LittleProducer(new MemoryNetwork(), { services: [echoService()], contractId: 'a'.repeat(64) })
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  // Node reports unhandled rejections after the turn in which they happen.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

function newClient(options: AsterClientOptions = {}): AsterClient {
  const client = new AsterClient({ ...producer.clientOptions, connectTimeoutMs: 500, ...options })
  clients.push(client)
  return client
}

/** A contract that differs from the producer's, which is logged. */
const OtherEcho = defineService({ name: 'Echo', methods: { echo: unary(Item, Item), more: unary(Item, Item) } })

describe.each([
  ['throws', everyLevel(fails)],
  ['rejects', everyLevel(rejects)],
  ['lacks its methods', {} as Logger],
])('a logger that %s', (_what, logger) => {
  it('does not change the outcome of calls', async () => {
    const client = newClient({ logger, config: AsterConfig.from({}, { ASTER_SOMETHING: '1' }) })
    expect(client.config.warnings).toHaveLength(1)
    await client.connect()
    client.on('lost', fails('listener'))
    client.on('lost', rejects('listener') as () => void)
    const echo = await client.client(OtherEcho)
    expect(await echo.echo({ text: 'hi' })).toMatchObject({ text: 'hi' })
    const lost = new Promise<void>((resolve) => client.on('lost', () => resolve()))
    await producer.stop()
    await lost
    await expect(echo.echo({})).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining('there is no peer at'),
    })
    await client.close()
  })
})

it('a logger is called with itself as `this`, and receives the errors of listeners', async () => {
  class Lines implements Logger {
    readonly lines: string[] = []
    debug(): void {}
    info(_fields: object, message: string): void {
      this.lines.push(message)
    }
    warn(_fields: object, message: string): void {
      this.lines.push(message)
    }
    error(fields: object, message: string): void {
      this.lines.push(`${message}: ${String((fields as { err?: unknown }).err)}`)
    }
  }
  const logger = new Lines()
  const client = newClient({ logger })
  client.on('admitted', fails('listener'))
  client.on('admitted', rejects('async listener') as () => void)
  await client.connect()
  await client.client(OtherEcho)
  await client.close()
  expect(logger.lines).toEqual([
    'a listener of the client failed: Error: logger.listener broke',
    'a listener of the client failed: Error: logger.async listener broke',
    expect.stringContaining('contract'),
  ])
})
