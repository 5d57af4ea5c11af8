import { AdmissionDeniedError, AsterClient, type AsterClientOptions } from '@aster/client'
import { generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import type { Transport } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { EchoService, echoService } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, expect, it, vi } from 'vitest'
import { LittleProducer } from './little-producer.ts'
import { useTemporaryFolder } from './loopback.ts'

const inFolder = useTemporaryFolder()
const open: AsterClient[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Returns a producer, and a function that connects clients to it from one endpoint, which the first of them makes known. */
async function setUp(first: AsterClientOptions = {}) {
  const producer = new LittleProducer(new MemoryNetwork(), { services: [echoService()] })
  const { clientOptions } = producer
  const newClient = (options: AsterClientOptions = {}): AsterClient => {
    const client = new AsterClient({ ...clientOptions, logger: false, ...options })
    open.push(client)
    return client
  }
  const connect = async (options?: AsterClientOptions): Promise<AsterClient> => {
    const client = newClient(options)
    await client.connect()
    return client
  }
  await call(await connect(first))
  expect(producer.connected).toBe(1)
  return { producer, newClient, connect }
}

async function call(client: AsterClient): Promise<void> {
  const echo = await client.client(EchoService)
  expect(await echo.echo({ text: 'hello', count: 1 })).toMatchObject({ text: 'hello' })
}

/** Waits long enough for a dial to have started. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

function credentialFile(type: 'policy' | 'ott'): AsterClientOptions {
  const root = generateKeyPair()
  const enrollmentCredentialFile = inFolder(`${type}.json`)
  const shared = { expiresAt: 4_102_444_800, attributes: {} }
  const unsigned = type === 'ott' ? { ...shared, type, nonce: generateNonce() } : { ...shared, type }
  writeCredentialFile(enrollmentCredentialFile, signCredential(unsigned, root.secretKey))
  return { enrollmentCredentialFile }
}

it('a known client has a connection before the first call, which the call uses', async () => {
  const { producer, connect } = await setUp()
  const client = await connect()
  expect(producer.asked).toBe(2)
  await vi.waitFor(() => expect(producer.connected).toBe(2))
  await call(client)
  expect(producer.connected).toBe(2)
})

it('so does one with a credential, the same as before', async () => {
  const credential = credentialFile('policy')
  const { producer, connect } = await setUp(credential)
  const client = await connect(credential)
  await vi.waitFor(() => expect(producer.connected).toBe(2))
  await call(client)
  expect(producer.connected).toBe(2)
})

it('nothing is dialled ahead once an admission of the producer ended without an answer', async () => {
  const { producer, connect } = await setUp()
  producer.drops = 1
  await call(await connect())
  expect(producer.asked).toBe(3)
  const before = producer.connected
  const client = await connect()
  await turns()
  expect(producer.connected).toBe(before)
  await call(client)
  expect(producer.connected).toBe(before + 1)
})

it('no call fails if the producer has forgotten the client', async () => {
  const { producer, connect } = await setUp()
  producer.forget()
  await call(await connect())
  expect(producer.asked).toBe(2)
})

it('the first call does not fail if the connection was closed before', async () => {
  const { producer, connect } = await setUp()
  const client = await connect()
  await vi.waitFor(() => expect(producer.connected).toBe(2))
  const before = producer.connected
  producer.drop()
  await turns()
  await call(client)
  expect(producer.connected).toBe(before + 1)
})

it('a client that is refused now keeps no connection', async () => {
  const { producer, connect } = await setUp()
  producer.admits = false
  await expect(connect()).rejects.toThrow(AdmissionDeniedError)
  await turns()
  expect(producer.open).toBe(1)
})

interface Difference {
  /** Options of the first client. */
  readonly first?: AsterClientOptions
  /** Options of the second client. @default those of the first */
  readonly second?: AsterClientOptions
  readonly expectsRoot?: boolean
}

it.each<[string, () => Difference]>([
  ['a one-time credential', () => ({ first: credentialFile('ott') })],
  ['another credential', () => ({ second: credentialFile('policy') })],
  ['another root key that is expected', () => ({ expectsRoot: true })],
])('no connection is dialled ahead with %s', async (_, arrange) => {
  const { first = {}, second = first, expectsRoot = false } = arrange()
  const { producer, connect } = await setUp(first)
  const client = await connect({ ...second, ...(expectsRoot && { rootPubkey: producer.endpointId }) })
  await turns()
  expect(producer.connected).toBe(1)
  await call(client)
  expect(producer.connected).toBe(2)
})

it('a client that is closed meanwhile leaves no connection', async () => {
  const { producer, newClient } = await setUp()
  producer.isSlow = true
  const client = newClient()
  const failed = expect(client.connect()).rejects.toThrow('the client is closed')
  await vi.waitFor(() => expect(producer.open).toBe(2))
  await client.close()
  await failed
  await vi.waitFor(() => expect(producer.open).toBe(1))
})

it('a connection that no call takes is closed after a while', async () => {
  const { producer, connect } = await setUp()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const client = await connect()
    await turns()
    expect(producer.open).toBe(2)
    await vi.advanceTimersByTimeAsync(10_000)
    await turns()
    expect(producer.open).toBe(1)
    await call(client)
    expect(producer.connected).toBe(3)
  } finally {
    vi.useRealTimers()
  }
})

it('client() dials for the first call, also if the producer does not know the client yet', async () => {
  const { producer, newClient } = await setUp()
  const client = newClient(producer.clientOptions)
  await client.connect()
  await turns()
  expect(producer.connected).toBe(1)
  const echo = await client.client(EchoService)
  await vi.waitFor(() => expect(producer.connected).toBe(2))
  await client.client(EchoService)
  await echo.echo({ text: 'hello', count: 1 })
  await turns()
  expect(producer.connected).toBe(2)
})

it('a call that finds a dial in progress has its own time to connect', async () => {
  const { producer, newClient } = await setUp()
  const { transport, ...options } = producer.clientOptions
  let hangs = true
  const dial = transport?.connect.bind(transport) as Transport['connect']
  const hang = (signal: AbortSignal | undefined): Promise<never> =>
    new Promise((_, reject) =>
      signal?.addEventListener('abort', () => {
        hangs = false
        reject(signal.reason as Error)
      }),
    )
  const connect: Transport['connect'] = (address, own) =>
    own.alpn === RPC_ALPN && hangs ? hang(own.signal) : dial(address, own)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const client = newClient({ ...options, transport: { ...transport, connect } as Transport, connectTimeoutMs: 2_000 })
    await client.connect()
    const echo = await client.client(EchoService)
    await vi.advanceTimersByTimeAsync(1_900)
    const reply = echo.echo({ text: 'hello', count: 1 })
    await vi.advanceTimersByTimeAsync(200)
    expect(await reply).toMatchObject({ text: 'hello' })
  } finally {
    vi.useRealTimers()
  }
})
