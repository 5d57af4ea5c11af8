// The effect of each environment variable on a client or a server.
import fs, { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { AsterClient, AsterConfig, defineService, implement, t, unary } from '@aster/client'
import type { FieldName } from '@aster/config'
import { generateKeyPair, parseNodeAddr, signCredential } from '@aster/identity'
import { writeCredentialFile, writeIdentityFile } from '@aster/identity/node'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import type { AsterServer, AsterServerOptions } from '@aster/server'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, expect, it, vi } from 'vitest'
import { useLoopback, useTemporaryFolder } from './loopback.ts'
import { startStrangeProducer, startStrangeStreams } from './strange-producer.ts'

const Text = t.struct('settings/Text', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { say: unary(Text, Text), wait: unary(Text, Text) } })
const echo = implement(Echo, {
  say: (text) => text,
  wait: (_text, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
})

const inFolder = useTemporaryFolder()
const loopback = useLoopback()
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Variables = Readonly<Record<string, string>>

const configOf = (env: Variables): AsterConfig =>
  AsterConfig.fromEnv({ ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0', ...env })

const startServer = (env: Variables = {}, options: Partial<AsterServerOptions> = {}): Promise<AsterServer> =>
  loopback.startServer({ services: [echo], config: configOf(env), logger: false, allowAllConsumers: true, ...options })

/** Connects a client that has no options but these variables. */
async function connect(env: Variables, server?: AsterServer): Promise<AsterClient> {
  const address: Variables = server === undefined ? {} : { ASTER_ENDPOINT_ADDR: server.address }
  const client = await AsterClient.connect({ config: configOf({ ...address, ...env }), logger: false })
  return loopback.closeLater(client)
}

const root = generateKeyPair()
const node = generateKeyPair()
const credential = signCredential(
  { type: 'policy', endpointId: undefined, expiresAt: 4_102_444_800, attributes: { team: 'red' } },
  root.secretKey,
)
const RELAY = { ASTER_RELAY_MODE: 'http://127.0.0.1:9/', ASTER_RELAY_TIMEOUT_MS: '0' }

/** Starts a server and connects a client with these variables. Returns the options with which both bind their endpoints. */
async function bindingsOf(env: Variables): Promise<readonly unknown[]> {
  const bind = vi.spyOn(IrohTransport, 'bind')
  await connect(env, await startServer(env))
  return bind.mock.calls.map(([options]) => options)
}

/** Returns the lines that a server writes to stderr at its start. */
async function logOf(env: Variables): Promise<string> {
  let text = ''
  const write = vi.spyOn(fs, 'writeSync').mockImplementation((_fd, data) => {
    text += data
    return Buffer.byteLength(data)
  })
  const server = await startServer({ ASTER_UNKNOWN_NAME: '1', ...env }, { logger: undefined })
  // pino is loaded when the first line is written.
  await expect.poll(() => text).toContain('\n')
  await server.close()
  write.mockRestore()
  return text.replaceAll(server.endpointId, '<id>')
}

/** Functions that assert the effect of each setting, and the behavior without it. */
const effects: { readonly [Name in FieldName]-?: () => Promise<void> } = {
  async endpointAddr() {
    const server = await startServer()
    expect((await connect({ ASTER_ENDPOINT_ADDR: server.address })).services).toHaveLength(1)
    await expect(connect({})).rejects.toThrow('Set ASTER_ENDPOINT_ADDR')
  },
  async rootPubkey() {
    const server = await startServer({ ASTER_ROOT_PUBKEY: root.publicKey })
    expect(server.rootPubkey).toBe(root.publicKey)
    await connect({}, server)
    await expect(connect({ ASTER_ROOT_PUBKEY: node.publicKey }, server)).rejects.toThrow('not the producer you trust')
  },
  async rootPubkeyFile() {
    writeFileSync(inFolder('root.pub'), root.publicKey)
    const env = { ASTER_ROOT_PUBKEY_FILE: inFolder('root.pub') }
    expect((await startServer(env)).rootPubkey).toBe(root.publicKey)
    await expect(connect(env, await startServer())).rejects.toThrow('not the producer you trust')
  },
  async enrollmentCredentialFile() {
    writeCredentialFile(inFolder('me.json'), credential)
    const server = await startServer({ ASTER_ROOT_PUBKEY: root.publicKey }, { allowAllConsumers: false })
    const client = await connect({ ASTER_ENROLLMENT_CREDENTIAL: inFolder('me.json') }, server)
    expect(client.attributes).toMatchObject({ team: 'red' })
    await expect(connect({}, server)).rejects.toThrow('no credential was sent')
  },
  async enrollmentCredentialIid() {
    let request = ''
    const address = startStrangeStreams(await loopback.bind(), async (stream, connection) => {
      for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read())
        request += new TextDecoder().decode(bytes)
      connection.close(403, 'not admitted')
    })
    const env = { ASTER_ENDPOINT_ADDR: address }
    await expect(connect({ ...env, ASTER_ENROLLMENT_CREDENTIAL_IID: 'the document' })).rejects.toThrow('denied')
    expect(request).toContain('"the document"')
  },
  async secretKey() {
    const env = { ASTER_SECRET_KEY: Buffer.from(node.secretKey.reveal()).toString('base64') }
    const server = await startServer(env)
    expect(server.endpointId).toBe(node.publicKey)
    await server.close()
    expect((await connect(env, await startServer())).endpointId).toBe(node.publicKey)
  },
  async identityFile() {
    const file = inFolder('identity')
    const peers = [{ role: 'consumer' as const, name: 'me', credential }]
    writeIdentityFile(file, { node: { secretKey: node.secretKey, endpointId: node.publicKey }, peers })
    const env = { ASTER_IDENTITY_FILE: file }
    expect((await startServer(env)).endpointId).toBe(node.publicKey)
    const server = await startServer({ ASTER_ROOT_PUBKEY: root.publicKey }, { allowAllConsumers: false })
    expect((await connect(env, server)).attributes).toMatchObject({ team: 'red' })
  },
  async allowAllConsumers() {
    const server = await startServer({ ASTER_ALLOW_ALL_CONSUMERS: 'true' }, { allowAllConsumers: undefined })
    await connect({}, server)
    const closed = { ASTER_ROOT_PUBKEY: root.publicKey, ASTER_ALLOW_ALL_CONSUMERS: 'false' }
    await expect(connect({}, await startServer(closed, { allowAllConsumers: undefined }))).rejects.toThrow('denied')
  },
  async storagePath() {
    await startServer()
    expect(existsSync(inFolder('storage'))).toBe(false)
    await startServer({ ASTER_STORAGE_PATH: inFolder('storage') })
    expect(existsSync(inFolder('storage/used-nonces'))).toBe(true)
  },
  async relayMode() {
    expect((await startServer()).ticket).toMatch(/^aster1/)
    // With a relay, the ticket must have a form that can contain it.
    expect((await startServer(RELAY)).ticket).toMatch(/^endpoint/)
    expect(await bindingsOf(RELAY)).toMatchObject([
      { relayMode: { urls: [RELAY.ASTER_RELAY_MODE] } },
      { relayMode: RELAY.ASTER_RELAY_MODE },
    ])
  },
  async relayToken() {
    const relayToken = 'a token'
    expect(await bindingsOf({ ...RELAY, ASTER_RELAY_TOKEN: relayToken })).toMatchObject([
      { relayToken },
      { relayToken },
    ])
  },
  async relayTimeoutMs() {
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, warn, error() {} }
    await startServer({ ...RELAY, ASTER_RELAY_TIMEOUT_MS: '7' }, { logger })
    expect(warn).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('was not reached within 7 ms'))
  },
  async discovery() {
    expect(await bindingsOf({ ASTER_DISCOVERY: 'true' })).toMatchObject([{ discovery: true }, { discovery: true }])
    // Without the setting, the transport decides by the relays.
    vi.restoreAllMocks()
    expect(await bindingsOf({})).toMatchObject([{ discovery: undefined }, { discovery: undefined }])
  },
  async bindAddr() {
    const addressesOf = (server: AsterServer) => parseNodeAddr(server.endpointAddr).addresses
    const server = await startServer({ ASTER_BIND_ADDR: '127.0.0.1:0' })
    const port = /\d+$/.exec(addressesOf(server)[0] ?? '')?.[0] ?? ''
    await server.close()
    expect(addressesOf(await startServer({ ASTER_BIND_ADDR: `127.0.0.1:${port}` }))).toContain(`127.0.0.1:${port}`)
  },
  async deadPeerMs() {
    const bindings = await bindingsOf({ ASTER_DEAD_PEER_MS: '1234' })
    expect(bindings).toMatchObject([{ deadPeerMs: 1234 }, { deadPeerMs: 1234 }])
  },
  async logFormat() {
    expect(await logOf({ ASTER_LOG_FORMAT: 'text' })).toMatch(/^\S+Z WARNING aster\.server -- "ASTER_UNKNOWN_NAME"/)
    const [line = ''] = (await logOf({ ASTER_LOG_FORMAT: 'json' })).split('\n')
    expect(JSON.parse(line)).toMatchObject({ level: 'warning', logger: 'aster.server' })
  },
  async logLevel() {
    expect(await logOf({ ASTER_LOG_LEVEL: 'info' })).toContain('the server has started')
    expect(await logOf({ ASTER_LOG_LEVEL: 'warning' })).not.toContain('the server has started')
  },
  async logMask() {
    expect(await logOf({ ASTER_LOG_MASK: 'false' })).toContain('endpointId=<id>')
    expect(await logOf({})).toMatch(/endpointId=[0-9a-f]{8}\.\.\.[0-9a-f]{4}/)
  },
  async peerTtlS() {
    vi.useFakeTimers({ toFake: ['Date'] })
    for (const [env, code] of [
      [{ ASTER_PEER_TTL_S: '60' }, 403],
      [{}, undefined],
    ] as const) {
      const server = await startServer({ ASTER_ROOT_PUBKEY: root.publicKey, ...env }, { allowAllConsumers: false })
      writeCredentialFile(inFolder('me.json'), credential)
      const key = { ASTER_SECRET_KEY: Buffer.from(generateKeyPair().secretKey.reveal()).toString('base64') }
      const client = await connect({ ...key, ASTER_ENROLLMENT_CREDENTIAL: inFolder('me.json') }, server)
      await client.close()
      vi.setSystemTime(Date.now() + 60_000)
      const transport = await loopback.bind({ secretKey: Buffer.from(key.ASTER_SECRET_KEY, 'base64') })
      const connection = await transport.connect(parseNodeAddr(server.endpointAddr), { alpn: RPC_ALPN })
      if (code === undefined) await (await connection.openStream()).finish()
      else expect((await connection.closed).code).toBe(code)
      connection.close()
    }
  },
  async connectTimeoutMs() {
    const address = startStrangeProducer(await loopback.bind(), async () => {})
    await expect(connect({ ASTER_ENDPOINT_ADDR: address, ASTER_CONNECT_TIMEOUT_MS: '300' })).rejects.toThrow(
      /within \d{1,3} ms/,
    )
  },
  async callTimeoutMs() {
    const server = await startServer()
    const { wait } = await (await connect({ ASTER_CALL_TIMEOUT_MS: '20' }, server)).client(Echo)
    await expect(wait({ text: '' })).rejects.toMatchObject({ codeName: 'DEADLINE_EXCEEDED' })
    const { say } = await (await connect({}, server)).client(Echo)
    expect(await say({ text: 'no limit' })).toEqual({ text: 'no limit' })
  },
}

it.each(Object.entries(effects))('%s has an effect', async (_name, show) => {
  await show()
})

it('is every setting of the table', () => {
  const table = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8')
  const names = [...table.matchAll(/^\| `(\w+)` \| `ASTER_/gm)].map(([, name]) => name)
  expect(Object.keys(effects).toSorted()).toEqual(names.toSorted())
})
