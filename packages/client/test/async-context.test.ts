// The async context of listeners and interceptors of a client, and the stores that a client retains.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AsterClient, type AsterClientOptions } from '@aster/client'
import { CounterService, counterService, EchoService, echoService, Watch } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'
import { useLoopback } from './loopback.ts'

interface Store {
  readonly name: string
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
const storage = new AsyncLocalStorage<Store>()
const loopback = useLoopback()

let watch: Watch
let producer: LittleProducer
const clients: AsterClient[] = []
beforeEach(() => {
  watch = new Watch()
  producer = new LittleProducer(new MemoryNetwork(), { services: [echoService(watch), counterService(watch)] })
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

function newClient(options: AsterClientOptions = {}): AsterClient {
  const client = new AsterClient({ ...producer.clientOptions, connectTimeoutMs: 60_000, ...options })
  clients.push(client)
  return client
}

/** Runs a function with a store that is referenced only by the async context of the function. */
async function runWithStore<T>(run: () => Promise<T>): Promise<{ result: T; store: WeakRef<Store> }> {
  let held: Store | undefined = { name: 'held by a context' }
  const store = new WeakRef(held)
  const running = storage.run(held, run)
  held = undefined
  return { result: await running, store }
}

/** Returns true if the garbage collector frees a store. */
async function isCollected(store: WeakRef<Store>): Promise<boolean> {
  for (let round = 0; round < 10; round++) {
    // The target of a `WeakRef` that was dereferenced in this turn is retained until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve))
    gc()
    if (store.deref() === undefined) return true
  }
  return false
}

describe('a store', () => {
  it('is retained by code that runs in its context, and by nothing else', async () => {
    const { result, store } = await runWithStore(async () => ({ timer: setTimeout(() => {}, 3_600_000) }))
    expect(await isCollected(store)).toBe(false)
    clearTimeout(result.timer)
    const { store: other } = await runWithStore(async () => {})
    expect(await isCollected(other)).toBe(true)
  })

  it('of connect() is not retained by the client', async () => {
    const { result, store } = await runWithStore(async () => {
      const client = newClient()
      await client.connect()
      return client
    })
    expect(await isCollected(store)).toBe(true)
    await (await result.client(EchoService)).echo({})
  })

  it('of connect() is not retained by a client over iroh', async () => {
    const server = await loopback.startEchoServer()
    const { result, store } = await runWithStore(() => loopback.connect(server.address))
    expect(await isCollected(store)).toBe(true)
    const first = await runWithStore(async () => (await result.client(EchoService)).echo({}))
    expect(await isCollected(first.store)).toBe(true)
  })

  it('of a cancelled connect() is not retained by the attempt, which continues for others', async () => {
    producer.isSlow = true
    const client = newClient()
    const { store } = await runWithStore(async () => {
      const controller = new AbortController()
      const left = client.connect({ signal: controller.signal }).catch(() => {})
      void storage.exit(() => client.connect().catch(() => {}))
      controller.abort(new Error('enough'))
      await left
    })
    expect(client.state).toBe('connecting')
    expect(await isCollected(store)).toBe(true)
  })

  it('of a call that dialled is not retained by the connection, or by a session of another caller', async () => {
    const client = newClient()
    await client.connect()
    const echo = await client.client(EchoService)
    const dialled = await runWithStore(() => echo.echo({}))
    const session = await client.session(CounterService)
    expect(await isCollected(dialled.store)).toBe(true)
    await session.add({ count: 1 })
  })
})

describe('a listener', () => {
  it('runs in the context in which it was added, for every cause of the event', async () => {
    const seen: string[] = []
    const note = (event: string) => (): void => void seen.push(`${event}: ${storage.getStore()?.name}`)
    const inContext = <T>(name: string, run: () => T): T => storage.run({ name }, run)
    const client = newClient()
    inContext('on', () => {
      for (const event of ['admitted', 'lost', 'reconnected', 'readmitted'] as const) client.on(event, note(event))
    })
    client.on('reconnected', note('without'))
    await inContext('connect', () => client.connect())
    const echo = await client.client(EchoService)
    await inContext('first call', () => echo.echo({}))
    producer.forget()
    producer.drop()
    await expect.poll(() => seen).toContain('lost: on')
    await inContext('second call', () => echo.echo({}))
    inContext('on', () => client.on('closed', note('closed')))
    await inContext('close', () => client.close())
    expect(seen).toEqual([
      'admitted: on',
      'lost: on',
      'readmitted: on',
      'reconnected: on',
      'without: undefined',
      'closed: on',
    ])
  })
})
