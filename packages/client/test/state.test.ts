// The states and events of a client, over memory.
import { AdmissionDeniedError, AsterClient, type AsterClientOptions } from '@aster/client'
import { RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { CounterService, counterService, EchoService, echoService, Watch } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LittleProducer, memoryTransport } from './little-producer.ts'

let network: MemoryNetwork
let producer: LittleProducer
let watch: Watch
const open: AsterClient[] = []
beforeEach(() => {
  network = new MemoryNetwork()
  watch = new Watch()
  producer = new LittleProducer(network, { services: [echoService(watch), counterService(watch)] })
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

function newClient(options: AsterClientOptions = {}): AsterClient {
  const client = new AsterClient({ ...producer.clientOptions, connectTimeoutMs: 30_000, ...options })
  open.push(client)
  return client
}

/** Records every event of a client, as its name and its properties without the producer's id. */
function eventsOf(client: AsterClient): string[] {
  const events: string[] = []
  client.on('admitted', ({ endpointId, services }) =>
    events.push(`admitted ${endpointId === producer.endpointId} ${services.length}`),
  )
  client.on('lost', ({ endpointId, reason }) => events.push(`lost ${endpointId === producer.endpointId} ${reason}`))
  client.on('reconnected', ({ endpointId }) => events.push(`reconnected ${endpointId === producer.endpointId}`))
  client.on('readmitted', ({ endpointId, services }) =>
    events.push(`readmitted ${endpointId === producer.endpointId} ${services.length}`),
  )
  client.on('closed', () => events.push('closed'))
  return events
}

const lost = (client: AsterClient): Promise<void> => new Promise((resolve) => client.on('lost', () => resolve()))

/** Returns a connected client that has made a call. */
async function clientInUse() {
  const client = newClient()
  const events = eventsOf(client)
  await client.connect()
  const echo = await client.client(EchoService)
  await echo.echo({})
  return { client, echo, events, loss: lost(client) }
}

describe('a client', () => {
  it('is idle, connecting, connected, closed', async () => {
    const client = newClient()
    const events = eventsOf(client)
    expect(client.state).toBe('idle')
    const connecting = client.connect()
    expect(client.state).toBe('connecting')
    await connecting
    expect(client.state).toBe('connected')
    await client.connect()
    const closing = client.close()
    expect(client.state).toBe('closed')
    expect(events).toEqual(['admitted true 2'])
    await closing
    await client.close()
    expect(events).toEqual(['admitted true 2', 'closed'])
    expect(producer.asked).toBe(1)
  })

  it('is idle again if no producer admits it, and may try again', async () => {
    producer.admits = false
    const client = newClient()
    await expect(client.connect()).rejects.toThrow(AdmissionDeniedError)
    expect(client.state).toBe('idle')
    producer.admits = true
    await client.connect()
    expect(client.state).toBe('connected')
  })

  it('has one attempt for all concurrent calls of connect()', async () => {
    const client = newClient()
    await Promise.all([client.connect(), client.connect(), client.connect()])
    expect(producer.asked).toBe(1)
  })

  it('cancels the attempt when the last caller of connect() leaves', async () => {
    network.silence(producer.endpointId)
    const client = newClient({ connectTimeoutMs: 60_000 })
    const [first, second] = [new AbortController(), new AbortController()]
    const left = [first, second].map(({ signal }) => client.connect({ signal }))
    first.abort(new Error('first'))
    await expect(left[0]).rejects.toThrow('first')
    expect(client.state).toBe('connecting')
    second.abort(new Error('second'))
    await expect(left[1]).rejects.toThrow('second')
    expect(client.state).toBe('idle')
  })

  it('is closed while it connects', async () => {
    network.silence(producer.endpointId)
    const client = newClient({ connectTimeoutMs: 60_000 })
    const connecting = client.connect()
    const refused = expect(connecting).rejects.toThrow('the client is closed')
    await client.close()
    await refused
    await expect(client.connect()).rejects.toThrow('the client is closed')
    expect(client.state).toBe('closed')
  })

  it('is closed before it connects', async () => {
    const client = newClient()
    await client.close()
    expect(client.state).toBe('closed')
    await expect(client.connect()).rejects.toThrow('the client is closed')
  })

  it('is lost when the connection is, and connected again by the next call', async () => {
    const { client, echo, events, loss } = await clientInUse()
    producer.drop(7, 'for a test')
    await loss
    expect(client.state).toBe('lost')
    await echo.echo({})
    expect(client.state).toBe('connected')
    expect(events.slice(1)).toEqual(['lost true closed by the producer (code 7: for a test)', 'reconnected true'])
    expect(producer.asked).toBe(1)
  })

  it('is readmitted by a producer that has forgotten it, and learns of its services', async () => {
    const { client, echo, events, loss } = await clientInUse()
    await producer.stop()
    await loss
    producer.start({ services: [echoService(watch)] })
    await echo.echo({})
    expect(events.slice(1)).toEqual([expect.stringMatching(/^lost true/), 'readmitted true 1', 'reconnected true'])
    expect(client.services.map(({ name }) => name)).toEqual(['Echo'])
    expect(producer.asked).toBe(2)
  })

  it('fails its calls while it is not admitted any more', async () => {
    const { client, echo, loss } = await clientInUse()
    producer.admits = false
    producer.forget()
    producer.drop()
    await loss
    await expect(echo.echo({})).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining('consumer admission denied'),
    })
    expect(client.state).toBe('lost')
    producer.admits = true
    await echo.echo({})
    expect(client.state).toBe('connected')
  })

  it('fails calls of a service that is not offered any more with UNAVAILABLE', async () => {
    const { client, echo, loss } = await clientInUse()
    await producer.stop()
    await loss
    producer.start({ services: [counterService()] })
    const error = await echo.echo({}).catch((reason: unknown) => reason)
    const again = await echo.echo({}).catch((reason: unknown) => reason)
    expect([error, again].some((one) => String(one).includes("service 'Echo' v1 not offered by producer"))).toBe(true)
    expect(again).toMatchObject({ code: StatusCode.UNAVAILABLE })
    await using session = await client.session(CounterService)
    expect(await session.add({ count: 1 })).toMatchObject({ count: 1 })
  })

  it('ends calls in flight with UNAVAILABLE when it is closed', async () => {
    const client = newClient()
    await client.connect()
    const echo = await client.client(EchoService)
    const waiting = echo.wait({}).catch((error: unknown) => error)
    await watch.saw('wait started')
    await client.close()
    expect(await waiting).toMatchObject({ code: StatusCode.UNAVAILABLE })
    await expect(echo.echo({})).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: 'the client is closed',
    })
  })

  it('does not close a transport of the user', async () => {
    const transport = memoryTransport(network)
    let closed = 0
    const watched: Transport = {
      connect: (address, options) => transport.connect(address, options),
      listen: (options) => transport.listen(options),
      localAddress: transport.localAddress,
      close: async () => void (closed += 1),
    }
    const client = newClient({ transport: watched })
    await client.connect()
    await client.close()
    expect(closed).toBe(0)
  })
})

describe('an idle timeout', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  it('closes the connection, leaves the client connected, and the next call dials', async () => {
    const client = newClient({ idleTimeoutMs: 1_000 })
    const events = eventsOf(client)
    await client.connect()
    const echo = await client.client(EchoService)
    await echo.echo({})
    await pass(999)
    expect(producer.open).toBe(1)
    await pass(1)
    expect([producer.open, client.state]).toEqual([0, 'connected'])
    const again = echo.echo({})
    // A new connection is watched for a moment, in case it is closed with 403.
    await pass(5)
    await again
    expect(events).toEqual(['admitted true 2'])
    expect(producer.asked).toBe(1)
  })

  it('does not count while a call runs, or a session is open', async () => {
    const client = newClient({ idleTimeoutMs: 1_000 })
    await client.connect()
    const echo = await client.client(EchoService)
    const chat = echo.chat()
    await chat.send({ text: 'a' })
    await chat.recv()
    const session = await client.session(CounterService)
    await session.add({ count: 1 })
    await pass(5_000)
    await chat.send({ text: 'b' })
    expect(await chat.recv()).toMatchObject({ text: 'echo b' })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
    await pass(5_000)
    expect(await session.add({ count: 1 })).toMatchObject({ count: 2 })
    expect([producer.open, producer.connected]).toEqual([1, 1])
    await session.close()
    await pass(1_000)
    expect(producer.open).toBe(0)
  })

  it('also ends after calls that failed or were cancelled', async () => {
    const client = newClient({ idleTimeoutMs: 1_000 })
    await client.connect()
    const echo = await client.client(EchoService)
    await echo.fail({ text: 'no', count: StatusCode.ABORTED }).catch((error: RpcError) => error)
    const late = echo.wait({}, { timeoutMs: 10 }).catch((error: RpcError) => error)
    await pass(10)
    await late
    for await (const _ of echo.endless({})) break
    const chat = echo.chat()
    await chat.send({})
    chat.cancel()
    const aborted = new AbortController()
    const call = echo.echo({}, { signal: aborted.signal }).catch((error: RpcError) => error)
    aborted.abort()
    await call
    await pass(1_000)
    expect(producer.open).toBe(0)
  })
})
