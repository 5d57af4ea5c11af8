// Runs every layer with known secrets: nothing that is logged, thrown, inspected, serialised or printed may show one of them.
import fs, { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from 'node:process'
import { format, inspect } from 'node:util'
import { runCli } from '@aster/cli'
import { AsterClient, AsterConfig, type Logger } from '@aster/client'
import { createLogger } from '@aster/config'
import {
  formatCredential,
  formatRootKey,
  formatSecretKey,
  generateKeyPair,
  generateNonce,
  type KeyPair,
  signCredential,
} from '@aster/identity'
import { readIdentityFile, writeCredentialFile, writeRootKeyFiles } from '@aster/identity/node'
import { AsterServer, implement, RpcError, StatusCode } from '@aster/server'
import { Item } from '@aster/test-services'
import { defineService, unary } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const RELAY_TOKEN = 'relay-token-0123456789abcdef'
const IID_TOKEN = 'iid-token-0123456789abcdef'
/** A secret in the message of a handler's exception, which the log of the producer shows and the consumer does not. */
const OF_HANDLER = 'password-of-a-database'
const LASTS = 4_102_444_800

const root = generateKeyPair()
const otherRoot = generateKeyPair()
const producerNode = generateKeyPair()
const nodes = Array.from({ length: 8 }, generateKeyPair)
const nonces = [generateNonce(), generateNonce()]

const Shaky = defineService({ name: 'Shaky', methods: { run: unary(Item, Item) } })
/** A service that fails in the way that the request names; `key` puts a secret into the message of an exception. */
const shaky = implement(Shaky, {
  async run({ text }, { signal }) {
    if (text === 'throws') throw new TypeError('odd')
    if (text === 'key') throw new Error(`cannot open ${OF_HANDLER}`)
    if (text === 'status') throw new RpcError(StatusCode.ABORTED, 'no', { details: { why: 'so' } })
    if (text === 'sleeps') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return { text, count: 1 }
  },
})

const credentials = {
  policy: signCredential({ type: 'policy', endpointId: undefined, expiresAt: LASTS, attributes: {} }, root.secretKey),
  ott: signCredential(
    { type: 'ott', endpointId: undefined, expiresAt: LASTS, attributes: {}, nonce: nonces[0]! },
    root.secretKey,
  ),
  bound: signCredential(
    { type: 'policy', endpointId: nodes[7]!.publicKey, expiresAt: LASTS, attributes: { 'aster.role': 'x' } },
    root.secretKey,
  ),
  expired: signCredential({ type: 'policy', endpointId: undefined, expiresAt: 1, attributes: {} }, root.secretKey),
  ofOtherRoot: signCredential(
    { type: 'ott', endpointId: undefined, expiresAt: LASTS, attributes: {}, nonce: nonces[1]! },
    otherRoot.secretKey,
  ),
}

/** The secrets in every form in which they may show, and parts of the long ones. */
const secrets: readonly string[] = [
  ...[root, otherRoot, producerNode, ...nodes].flatMap(({ secretKey }) => formsOf(secretKey.reveal())),
  ...nonces.flatMap((nonce) => formsOf(Buffer.from(nonce, 'hex'))),
  ...Object.values(credentials).flatMap(({ signature }) => formsOf(Buffer.from(signature, 'hex'))),
  ...Object.values(credentials).map((credential) => JSON.stringify(formatCredential(credential)).slice(0, 60)),
  RELAY_TOKEN,
  IID_TOKEN,
  OF_HANDLER,
]

function formsOf(bytes: Uint8Array): string[] {
  const all = Buffer.from(bytes)
  return [
    all.toString('hex').slice(0, 32),
    all.toString('hex').slice(32, 64),
    all.toString('base64').slice(0, 21),
    all.toString('base64url').slice(0, 21),
    [...all.subarray(0, 12)].join(','),
    [...all.subarray(0, 12)].join(', '),
    all.toString('hex').slice(0, 32).toUpperCase(),
  ]
}

/** The shown strings so far, each with its place. */
const shown: (readonly [where: string, text: string])[] = []
let folder = ''
const inFolder = (name: string): string => join(folder, name)

beforeEach(() => {
  shown.length = 0
  folder = mkdtempSync(join(tmpdir(), 'aster-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Records every text that a program may print for a value. */
function show(where: string, value: unknown): void {
  const ways = [
    () => inspect(value, { depth: 12, showHidden: true }),
    () => format('%o %O %j %s', value, value, value, value),
    () => JSON.stringify(value),
    () => (value instanceof Error ? `${value.stack} ${inspect(value.cause, { depth: 8, showHidden: true })}` : ''),
  ]
  for (const way of ways) {
    let text = ''
    try {
      text = way()
    } catch {
      // The value cannot be shown in this way.
    }
    shown.push([where, String(text)])
  }
}

/** Returns a logger that masks nothing. */
function logger(where: string): Logger {
  const note = (fields: object, message?: string): void => {
    shown.push([where, String(message)])
    show(where, fields)
  }
  return { debug: note, info: note, warn: note, error: note }
}

function expectNothingShown(): void {
  expect(shown.length).toBeGreaterThan(0)
  for (const [where, text] of shown) {
    const secret = secrets.find((one) => text.includes(one))
    if (secret !== undefined) expect.fail(`${where} shows a secret: ${text.slice(0, text.indexOf(secret)).slice(-200)}`)
  }
}

async function attempt<T>(where: string, action: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    show(where, error)
    return undefined
  }
}

const base64 = ({ secretKey }: KeyPair): string => formatSecretKey(secretKey)

it('shows no secret in logs, errors and objects of a producer and its consumers, admitted and refused', async () => {
  for (const [name, credential] of Object.entries(credentials))
    writeCredentialFile(inFolder(`${name}.json`), credential)
  writeFileSync(inFolder('garbage.json'), formatCredential(credentials.ott).replaceAll('"', "'"), { mode: 0o600 })
  const env = {
    ASTER_SECRET_KEY: base64(producerNode),
    ASTER_STORAGE_PATH: inFolder('nonces'),
    ASTER_RELAY_MODE: 'disabled',
    ASTER_BIND_ADDR: '127.0.0.1:0',
    ASTER_LOG_LEVEL: 'debug',
    ASTER_LOG_MASK: 'false',
  }
  const config = AsterConfig.fromEnv(env)
  show('the configuration of the producer', config)
  await using server = new AsterServer({
    config,
    services: [shaky],
    rootPubkey: root.publicKey,
    identityFile: false,
    logger: logger('the log of the producer'),
  })
  await server.start()
  show('the producer', server)

  const connect = (where: string, own: object, node: KeyPair, extra: Record<string, string> = {}) =>
    attempt(where, async () => {
      const settings = AsterConfig.from(
        { ...local, ...extra },
        { ASTER_SECRET_KEY: base64(node), ASTER_ENROLLMENT_CREDENTIAL_IID: IID_TOKEN },
      )
      show(`${where}: its configuration`, settings)
      return AsterClient.connect({
        config: settings,
        endpointAddr: server.address,
        identityFile: false,
        logger: logger(`${where}: its log`),
        ...own,
      })
    })

  const admitted: AsterClient[] = []
  for (const [index, name] of [
    'policy',
    'ott',
    'ott',
    'bound',
    'expired',
    'ofOtherRoot',
    'garbage',
    'missing',
  ].entries()) {
    const own = { enrollmentCredentialFile: inFolder(`${name}.json`) }
    // A one-time credential admits one consumer; `bound` is bound to another node than this one.
    const client = await connect(`a consumer with ${name}`, own, nodes[index] ?? nodes[0]!)
    if (client === undefined) continue
    admitted.push(client)
    show(`a client with ${name}`, client)
  }
  await connect('a consumer without a credential', {}, nodes[0]!)
  await connect('a consumer that expects another root', { rootPubkey: otherRoot.publicKey }, nodes[0]!)
  expect(admitted).toHaveLength(2)

  for (const client of admitted) {
    const calls = await client.client(Shaky)
    for (const text of ['throws', 'key', 'status', 'fine'])
      await attempt(`the call '${text}'`, async () =>
        show(`the answer to '${text}'`, await calls.run({ text, count: 1 })),
      )
    await attempt('a call past its deadline', () => calls.run({ text: 'sleeps' }, { timeoutMs: 50 }))
    await attempt('a call that does not fit', () => calls.run({ text: 5 } as never))
    show('a client after its calls', client)
    await client.close()
  }
  const isOfHandler = ([where, text]: (typeof shown)[number]): boolean =>
    where === 'the log of the producer' && text.includes(OF_HANDLER)
  expect(shown.filter(isOfHandler)).not.toHaveLength(0)
  shown.splice(0, shown.length, ...shown.filter((one) => !isOfHandler(one)))
  expectNothingShown()

  // Files that the packages wrote hold secrets, and only their owner may read them; the file of a used nonce is named by it.
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const { mode, size } = lstatSync(inFolder(name))
    if (!lstatSync(inFolder(name)).isFile() || size === 0) continue
    const text = readFileSync(inFolder(name), 'utf8')
    const holds = secrets.some((secret) => text.includes(secret))
    if (holds && platform !== 'win32') expect([name, (mode & 0o777).toString(8)]).toEqual([name, '600'])
    if (name.startsWith('nonces')) expect([name, holds]).toEqual([name, false])
  }
})

it('masks the secrets of a configuration in the log of the packages, for any lines of a program', async () => {
  const env = {
    ASTER_SECRET_KEY: base64(nodes[0]!),
    ASTER_RELAY_TOKEN: RELAY_TOKEN,
    ASTER_ENROLLMENT_CREDENTIAL_IID: IID_TOKEN,
    ASTER_LOG_LEVEL: 'debug',
  }
  const written: string[] = []
  // The log of the packages writes by `writeSync`.
  vi.spyOn(fs, 'writeSync').mockImplementation(((_file: number, data: string | Uint8Array) => {
    written.push(typeof data === 'string' ? data : Buffer.from(data).toString())
    return Buffer.byteLength(data)
  }) as typeof fs.writeSync)
  for (const mask of ['true', 'false']) {
    const settings = AsterConfig.fromEnv({ ...env, ASTER_LOG_MASK: mask })
    const log = createLogger(settings, 'my.app')
    log.debug(
      { key: base64(nodes[0]!), list: [RELAY_TOKEN], err: new Error(`bad ${IID_TOKEN}`) },
      `with ${RELAY_TOKEN}`,
    )
    log.warn({ signature: credentials.policy.signature, nonce: nonces[0]! }, 'a credential')
  }
  // The first line loads the module that writes lines.
  await vi.waitFor(() => expect(written.join('').match(/a credential/g)).toHaveLength(2))
  vi.restoreAllMocks()
  shown.push(['the log', written.join('')])
  expectNothingShown()
})

it('prints no secret with the commands, as text or as JSON', async () => {
  writeRootKeyFiles(inFolder('root.key'), root)
  writeCredentialFile(inFolder('ott.json'), credentials.ott)
  writeFileSync(inFolder('damaged.key'), formatRootKey(root).replaceAll('"', "'"), { mode: 0o600 })
  writeFileSync(
    inFolder('aster.toml'),
    `[network]\nsecret_key = "${base64(nodes[1]!)}"\nrelay_token = "${RELAY_TOKEN}"\n`,
    {
      mode: 0o600,
    },
  )
  const run = async (...argv: string[]): Promise<void> => {
    const write = (text: string): void => void shown.push([`aster ${argv.join(' ')}`, text])
    const env = { ASTER_SECRET_KEY: base64(nodes[2]!), ASTER_ENROLLMENT_CREDENTIAL_IID: IID_TOKEN }
    await runCli(argv, { stdout: { write }, stderr: { write }, env, cwd: folder, now: () => Date.now() })
  }
  for (const json of [[], ['--json']]) {
    await run('keygen', 'node', '--identity', `identity-${json.length}`, ...json)
    await run(
      'enroll',
      'consumer',
      '--name',
      'c',
      '--root-key',
      'root.key',
      '--identity',
      `identity-${json.length}`,
      ...json,
    )
    await run('enroll', 'consumer', '--name', 'd', '--root-key', 'damaged.key', '--ott', ...json)
    for (const file of [`identity-${json.length}`, 'root.key', 'damaged.key', 'ott.json', 'aster.toml'])
      await run('identity', 'show', file, ...json)
    await run('config', 'explain', '--config', 'aster.toml', '--identity', `identity-${json.length}`, ...json)
    await run('config', 'explain', '--config', 'ott.json', '--credential', 'damaged.key', ...json)
  }
  // The keys and signatures that the commands made.
  for (const name of ['identity-0', 'identity-1']) {
    const identity = readIdentityFile(inFolder(name)).value
    show('an identity', identity.node)
    const made = formsOf(identity.node!.secretKey.reveal())
    for (const [where, text] of shown)
      for (const form of made) expect([where, text.includes(form)]).toEqual([where, false])
  }
  expectNothingShown()
})
