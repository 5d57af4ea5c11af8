// Credentials, admission and access, between AsterServer and AsterClient over real iroh on loopback.
import { requestAdmission } from '@aster/admission'
import {
  AdmissionDeniedError,
  AsterClient,
  AsterConfig,
  defineService,
  implement,
  type Logger,
  t,
  unary,
} from '@aster/client'
import {
  type Attributes,
  type ConsumerCredential,
  formatCredential,
  generateKeyPair,
  generateNonce,
  parseAddress,
  signCredential,
} from '@aster/identity'
import { writeCredentialFile, writeIdentityFile } from '@aster/identity/node'
import type { Connection } from '@aster/rpc-core'
import { ADMISSION_ALPN, LIMITS, RPC_ALPN } from '@aster/rpc-core/protocol'
import type { AsterServer, AsterServerOptions } from '@aster/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { local, useLoopback, useTemporaryFolder } from './loopback.ts'

const root = generateKeyPair()

const Who = t.struct('tests/Who', { id: t.string, attributes: t.record(t.string) })
const WhoService = defineService({ name: 'Who', methods: { amI: unary(t.struct('tests/Ask', {}), Who) } })
const whoService = () =>
  implement(WhoService, { amI: (_ask, { peer }) => ({ id: peer.id, attributes: { ...peer.attributes } }) })

const inFolder = useTemporaryFolder()
const loopback = useLoopback()
afterEach(() => void vi.useRealTimers())

const startServer = (options: Partial<AsterServerOptions> = {}): Promise<AsterServer> =>
  loopback.startServer({ services: [whoService()], rootPubkey: root.publicKey, ...options })

interface Wishes {
  readonly type?: 'policy' | 'ott'
  readonly endpointId?: string
  readonly expiresAt?: number
  readonly attributes?: Attributes
  readonly key?: typeof root
}

function issue(wishes: Wishes = {}): ConsumerCredential {
  const { type = 'policy', endpointId, attributes = {}, key = root } = wishes
  const { expiresAt = Math.floor(Date.now() / 1000) + 3600 } = wishes
  const shared = { endpointId, expiresAt, attributes }
  if (type === 'policy') return signCredential({ ...shared, type }, key.secretKey)
  return signCredential({ ...shared, type, nonce: generateNonce() }, key.secretKey)
}

/** Returns a client with a node key of its own, and with the credential in a file. */
async function connect(
  server: AsterServer,
  credential?: ConsumerCredential,
  node = generateKeyPair(),
): Promise<AsterClient> {
  const enrollmentCredentialFile = inFolder('credential.json')
  if (credential !== undefined) writeCredentialFile(enrollmentCredentialFile, credential)
  const config = AsterConfig.from({ ...local, secretKey: node.secretKey.reveal() })
  return loopback.connect(server.address, {
    config,
    ...(credential !== undefined && { enrollmentCredentialFile }),
  })
}

async function dialFrom(node = generateKeyPair()) {
  const transport = await loopback.bind({ secretKey: node.secretKey.reveal() })
  return (server: AsterServer, alpn: string): Promise<Connection> =>
    transport.connect(parseAddress(server.address), { alpn })
}

/** Returns true if calls succeed on a new connection. */
async function hasAccess(connection: Connection): Promise<boolean> {
  const stream = await connection.openStream().catch(() => undefined)
  // No call starts with these bytes, so the server answers with an error, or has closed the connection.
  await stream?.write(Uint8Array.of(1, 0, 0, 0, 0), { finish: true }).catch(() => {})
  const answer = await stream?.read().catch(() => undefined)
  if (answer === undefined) expect(await connection.closed).toEqual({ by: 'peer', code: 403, reason: 'not admitted' })
  return answer !== undefined
}

describe('a consumer with a credential', () => {
  it('is admitted, and its handlers know its attributes', async () => {
    const server = await startServer()
    const node = generateKeyPair()
    const attributes = { 'aster.role': 'consumer', größe: '漢字 🎉' }
    const client = await connect(server, issue({ attributes, endpointId: node.publicKey }), node)
    expect(client.attributes).toEqual(attributes)
    expect(client.producer).toEqual({ endpointId: server.endpointId, rootPubkey: server.rootPubkey })
    const who = await client.client(WhoService)
    expect(await who.amI({})).toEqual({ id: node.publicKey, attributes })
  })

  it('needs no admission for its next connection, nor for its next endpoint with the same key', async () => {
    const server = await startServer()
    const node = generateKeyPair()
    await (await connect(server, issue(), node)).close()
    const dial = await dialFrom(node)
    expect(await hasAccess(await dial(server, RPC_ALPN))).toBe(true)
    expect(await hasAccess(await dial(server, RPC_ALPN))).toBe(true)
    expect(await hasAccess(await (await dialFrom())(server, RPC_ALPN))).toBe(false)
  })

  it('is admitted with a one-time credential, and again with the same key, but with no other key', async () => {
    const server = await startServer()
    const credential = issue({ type: 'ott' })
    const node = generateKeyPair()
    const first = await connect(server, credential, node)
    await expect(connect(server, credential)).rejects.toThrow(AdmissionDeniedError)
    await first.close()
    const again = await connect(server, credential, node)
    expect(await (await again.client(WhoService)).amI({})).toMatchObject({ id: node.publicKey })
    await expect(connect(server, credential)).rejects.toThrow(AdmissionDeniedError)
  })

  it('is admitted with a one-time credential whose answer was lost', async () => {
    const server = await startServer()
    const credential = issue({ type: 'ott' })
    const node = generateKeyPair()
    const connection = await (await dialFrom(node))(server, ADMISSION_ALPN)
    await requestAdmission(connection, { credentialJson: formatCredential(credential) })
    connection.close()
    const client = await connect(server, credential, node)
    expect(await (await client.client(WhoService)).amI({})).toMatchObject({ id: node.publicKey })
  })

  it.each([
    ['expired', () => issue({ expiresAt: 5 })],
    ['signed by another root', () => issue({ key: generateKeyPair() })],
    ['bound to another endpoint', () => issue({ endpointId: generateKeyPair().publicKey })],
    ['changed', () => ({ ...issue(), attributes: { 'aster.role': 'admin' } })],
    ['one for an identity document', () => issue({ attributes: { 'aster.iid_provider': 'aws' } })],
    ['not there', () => undefined],
  ])('is denied where that is %s', async (_what, make) => {
    const server = await startServer()
    const node = generateKeyPair()
    await expect(connect(server, make(), node)).rejects.toThrow(AdmissionDeniedError)
    expect(await hasAccess(await (await dialFrom(node))(server, RPC_ALPN))).toBe(false)
  })

  it('is denied at an open gate if its credential is wrong, but not without a credential', async () => {
    const server = await startServer({ allowAllConsumers: true })
    await expect(connect(server, issue({ expiresAt: 5 }))).rejects.toThrow(AdmissionDeniedError)
    await expect(connect(server)).resolves.toBeInstanceOf(AsterClient)
  })
})

it('keeps an open connection past the end of access, and refuses the next one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const config = AsterConfig.from({ ...local, peerTtlS: 60 })
  const server = await startServer({ config })
  const node = generateKeyPair()
  const client = await connect(server, issue(), node)
  const who = await client.client(WhoService)
  await who.amI({})
  vi.setSystemTime(Date.now() + 60_000)
  expect(await who.amI({})).toMatchObject({ id: node.publicKey })
  await client.close()
  expect(await hasAccess(await (await dialFrom(node))(server, RPC_ALPN))).toBe(false)
})

it('reads node key and root key of producer and consumer from identity files', async () => {
  const [producer, consumer] = [generateKeyPair(), generateKeyPair()]
  const lasting = { expiresAt: 4102444800, attributes: {} }
  const files = { producer: inFolder('producer'), consumer: inFolder('consumer') }
  writeIdentityFile(files.producer, {
    node: { secretKey: producer.secretKey, endpointId: producer.publicKey },
    peers: [
      {
        role: 'producer',
        credential: signCredential({ type: 'producer', endpointId: producer.publicKey, ...lasting }, root.secretKey),
      },
    ],
  })
  writeIdentityFile(files.consumer, {
    node: { secretKey: consumer.secretKey, endpointId: consumer.publicKey },
    peers: [{ role: 'consumer', name: 'billing', credential: issue({ endpointId: consumer.publicKey }) }],
  })
  const server = await startServer({ rootPubkey: undefined, identityFile: files.producer })
  expect([server.endpointId, server.rootPubkey]).toEqual([producer.publicKey, root.publicKey])
  const client = await loopback.connect(server.address, { identityFile: files.consumer, peer: 'billing' })
  expect(await (await client.client(WhoService)).amI({})).toMatchObject({ id: consumer.publicKey })
})

it('remembers used one-time credentials across restarts, and among servers that share a storage path', async () => {
  const config = AsterConfig.from({ ...local, storagePath: inFolder('state') })
  const [first, beside] = [await startServer({ config }), await startServer({ config })]
  const credential = issue({ type: 'ott' })
  const node = generateKeyPair()
  await connect(first, credential, node)
  await expect(connect(beside, credential)).rejects.toThrow(AdmissionDeniedError)
  await expect(connect(beside, credential, node)).resolves.toBeInstanceOf(AsterClient)
  await first.close()
  const next = await startServer({ config })
  await expect(connect(next, credential)).rejects.toThrow(AdmissionDeniedError)
  await expect(connect(next, credential, node)).resolves.toBeInstanceOf(AsterClient)
  await expect(connect(next, issue({ type: 'ott' }))).resolves.toBeInstanceOf(AsterClient)
})

it('logs every decision, but no signature or nonce', async () => {
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const server = await startServer({ logger })
  const credential = issue({ type: 'ott', attributes: { team: 'red' } })
  const [node, other] = [generateKeyPair(), generateKeyPair()]
  await connect(server, credential, node)
  await expect(connect(server, credential, other)).rejects.toThrow(AdmissionDeniedError)
  const decisions = lines.filter((line) => line.includes('consumer'))
  expect(decisions).toHaveLength(2)
  expect(decisions[0]).toMatch(/^debug consumer admitted .*"team":"red"/)
  expect(decisions[1]).toMatch(/^warn consumer denied .*"reason":"the one-time credential was used before"/)
  expect(decisions[0]).toContain(node.publicKey)
  expect(decisions[1]).toContain(other.publicKey)
  for (const secret of [credential.signature, 'nonce' in credential ? credential.nonce : '']) {
    expect(lines.join('\n')).not.toContain(secret)
  }
})

describe('a strange consumer', () => {
  const strangers: [string, (connection: Connection) => Promise<unknown>][] = [
    ['opens no stream', async () => {}],
    ['never finishes its request', async (connection) => (await connection.openStream()).write(Uint8Array.of(123))],
    [
      'resets its request',
      async (connection) => {
        const stream = await connection.openStream()
        await stream.write(Uint8Array.of(123))
        stream.reset(1)
      },
    ],
    [
      'sends garbage',
      async (connection) => (await connection.openStream()).write(Uint8Array.of(255, 254), { finish: true }),
    ],
    [
      'sends too much',
      async (connection) => {
        const stream = await connection.openStream()
        await stream.write(new Uint8Array(LIMITS.admissionMessage + 1), { finish: true }).catch(() => {})
        expect(await stream.read().catch(() => undefined)).toBeUndefined()
      },
    ],
    [
      'opens streams without end',
      async (connection) => {
        for (let opened = 0; opened < 300; opened++) {
          // From the 18th stream on, the connection may be closed.
          const stream = await connection.openStream().catch(() => undefined)
          await stream?.write(Uint8Array.of(123)).catch(() => {})
        }
      },
    ],
    [
      'goes away in the middle',
      async (connection) => {
        await (await connection.openStream()).write(Uint8Array.of(123))
        connection.close()
      },
    ],
  ]

  it.each(strangers)('that %s affects neither other consumers nor the end of the server', async (_what, behave) => {
    const server = await startServer()
    const dial = await dialFrom()
    await behave(await dial(server, ADMISSION_ALPN))
    const client = await connect(server, issue())
    expect(await (await client.client(WhoService)).amI({})).toMatchObject({ attributes: {} })
    await server.close()
  })

  it('that asks on many connections at a time gets answers on few', async () => {
    const server = await startServer()
    const dial = await dialFrom()
    const connections = await Promise.all(Array.from({ length: 6 }, () => dial(server, ADMISSION_ALPN)))
    const closed = await Promise.race(connections.map((connection) => connection.closed))
    expect(closed).toEqual({ by: 'peer', code: 429, reason: 'too many admissions of one peer at once' })
    const client = await connect(server, issue())
    expect(client.services).toHaveLength(1)
  })

  it('that closes the admission connection at once keeps its access', async () => {
    const server = await startServer()
    const dial = await dialFrom()
    const connection = await dial(server, ADMISSION_ALPN)
    await requestAdmission(connection, { credentialJson: formatCredential(issue()), rootPubkey: server.rootPubkey })
    connection.close()
    expect(await hasAccess(await dial(server, RPC_ALPN))).toBe(true)
  })
})
