// Access rules of AsterServer with AsterClient over real iroh on loopback, on every channel, before limits and interceptors.
import { generateKeyPair, signCredential } from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import {
  allOf,
  anyOf,
  type AsterServer,
  type AsterServerOptions,
  type Interceptor,
  rpc,
  serverStream,
  service,
  StatusCode,
  t,
} from '@aster/server'
import { collect, failure } from '@aster/test-services'
import { beforeEach, expect, it } from 'vitest'
import { useLoopback, useTemporaryFolder } from './loopback.ts'

const root = generateKeyPair()
const Item = t.struct('tests/Item', { text: t.string })
type Item = t.Infer<typeof Item>

let reached: string[] = []
beforeEach(() => {
  reached = []
})

@service({ name: 'Logs', requires: anyOf('ops.logs', 'ops.admin') })
class Logs {
  @rpc(Item, Item)
  async read(item: Item): Promise<Item> {
    reached.push('read')
    return item
  }

  @rpc(Item, Item, { requires: 'ops.admin' })
  async drop(item: Item): Promise<Item> {
    reached.push('drop')
    return item
  }

  @serverStream(Item, Item, { requires: allOf('ops.logs', 'ops.admin') })
  async *tail(item: Item): AsyncGenerator<Item> {
    reached.push('tail')
    yield item
  }
}

const inFolder = useTemporaryFolder()
const loopback = useLoopback()

const start = (options: Partial<AsterServerOptions> = {}): Promise<AsterServer> =>
  loopback.startServer({ services: [new Logs()], rootPubkey: root.publicKey, allowAllConsumers: true, ...options })

async function connect(server: AsterServer, roles?: string) {
  if (roles === undefined) return loopback.connect(server.address, { shareEndpoint: false })
  const expiresAt = Math.floor(Date.now() / 1000) + 3600
  const attributes = { 'aster.role': roles }
  const enrollmentCredentialFile = inFolder('credential.json')
  writeCredentialFile(
    enrollmentCredentialFile,
    signCredential({ type: 'policy', expiresAt, attributes }, root.secretKey),
  )
  return loopback.connect(server.address, { shareEndpoint: false, enrollmentCredentialFile })
}

const refusedBy = (subject: string): object => ({
  code: StatusCode.PERMISSION_DENIED,
  message: `capability check failed for ${subject}`,
})

it.each([
  ['no credential', undefined],
  ['no roles', ''],
  ['other roles', 'ops,OPS.LOGS,ops.logs.more'],
])('a consumer with %s reaches no method', async (_what, roles) => {
  const logs = await (await connect(await start(), roles)).client(Logs)
  for (let i = 0; i < 2; i++) {
    expect(await failure(logs.read({}))).toMatchObject(refusedBy("service 'Logs'"))
    expect(await failure(logs.drop({}))).toMatchObject(refusedBy("service 'Logs'"))
    expect(await failure(collect(logs.tail({})))).toMatchObject(refusedBy("service 'Logs'"))
  }
  expect(reached).toEqual([])
})

it.each([
  ['ops.logs', ['read']],
  ['ops.admin', ['read', 'drop']],
  [' ops.admin , ops.logs', ['read', 'drop', 'tail']],
])("a consumer with '%s' reaches %j", async (roles, methods) => {
  const logs = await (await connect(await start(), roles)).client(Logs)
  await Promise.allSettled([logs.read({}), logs.drop({}), collect(logs.tail({}))])
  expect(reached.toSorted()).toEqual(methods.toSorted())
})

it('rules hold on every channel, and a refused call meets neither limits nor interceptors', async () => {
  const seen: string[] = []
  const see: Interceptor = (call, next) => {
    seen.push(call.method.name)
    return next(call)
  }
  const server = await start({
    interceptors: [see],
    limits: { perPeer: { perSecond: 0.001, burst: 1 } },
    channels: { bulk: { interceptors: [see] } },
  })
  const c = await connect(server, 'ops.logs')
  for (const options of [{}, { channel: 'bulk' }]) {
    const logs = await c.client(Logs, options)
    for (let i = 0; i < 3; i++) expect(await failure(logs.drop({}))).toMatchObject(refusedBy("method 'Logs.drop'"))
  }
  expect(seen).toEqual([])
  const logs = await c.client(Logs)
  expect(await logs.read({ text: 'one' })).toEqual({ text: 'one' })
  expect(seen).toEqual(['read'])
})
