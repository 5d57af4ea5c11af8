// Access rules of our producer for the consumer of Python, and the reverse. Codes and messages are the same in both directions.
import { text } from 'node:stream/consumers'
import { runCli } from '@aster/cli'
import { AsterClient, type Client, satisfies, StatusCode } from '@aster/client'
import { formatCredentialFile, formatRootKey, generateKeyPair, signCredential } from '@aster/identity'
import { type AsterServer, implement, RpcError } from '@aster/server'
import { collect } from '@aster/test-services'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { startPython } from './python-process.ts'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Guarded, Rules, RulesSession } from './services.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { codecFor, config, modes } from './with-python.ts'

const { publicKey, secretKey } = generateKeyPair()
const ROLES = ['', 'dev', 'ops', 'dev, ops', 'admin', 'OPS;dev', 'admin,dev']

let folder: TemporaryFolder
beforeAll(() => {
  folder = makeTemporaryFolder()
  writeFileSync(folder.file('root.key'), formatRootKey({ publicKey, secretKey }), { mode: 0o600 })
  for (const roles of ROLES) {
    const expiresAt = Math.floor(Date.now() / 1000) + 3600
    const attributes = { 'aster.role': roles }
    const credential = signCredential({ type: 'policy', rootPubkey: publicKey, expiresAt, attributes }, secretKey)
    writeFileSync(credentialOf(roles), formatCredentialFile(credential), { mode: 0o600 })
  }
})
afterAll(() => folder[Symbol.dispose]())

const credentialOf = (roles: string): string => folder.file(`${ROLES.indexOf(roles)}.json`)

const METHODS = ['open', 'drop', 'watch', 'upload', 'chat'] as const
type MethodName = (typeof METHODS)[number]

/** The outcome of a call: the text of its answer, or the code and the message of its error. */
type Outcome = string | readonly [StatusCode, string]

function expectedOf({ name, requires, methods }: typeof Rules, method: MethodName, roles: string | undefined): Outcome {
  const attributes: Record<string, string> = roles === undefined ? {} : { 'aster.role': roles }
  const refused = (subject: string): Outcome => [StatusCode.PERMISSION_DENIED, `capability check failed for ${subject}`]
  if (requires !== undefined && !satisfies(requires, attributes)) return refused(`service '${name}'`)
  const { requires: own } = methods[method]
  return own === undefined || satisfies(own, attributes) ? method : refused(`method '${name}.${method}'`)
}

describe('rules of ours', () => {
  const handlers = {
    open: () => ({ text: 'open' }),
    drop: () => ({ text: 'drop' }),
    watch: () => [{ text: 'watch' }],
    upload: async (items: AsyncIterable<object>) => (await collect(items), { text: 'upload' }),
    async *chat(items: AsyncIterable<object>) {
      for await (const _ of items) yield { text: 'chat' }
    },
  }
  const services = [implement(Rules, handlers), implement(RulesSession, () => handlers)]
  let server: AsterServer
  beforeAll(async () => {
    server = await startOurProducer({ services, rootPubkey: publicKey, allowAllConsumers: true })
  })
  afterAll(() => server.close())

  async function expectOutcomes(mode: string, roles: string | undefined, credential: string | undefined) {
    const args = [server.address, '--mode', mode, ...(credential === undefined ? [] : ['--credential', credential])]
    const { child, stderr } = startPython('rules_consumer.py', args)
    const found = JSON.parse((await text(child.stdout!)) || '{}') as Record<string, Record<string, Outcome[]>>
    expect(Object.keys(found), stderr()).toEqual(mode === 'proxy' ? ['shared'] : ['shared', 'session'])
    for (const [scope, outcomes] of Object.entries(found)) {
      const service = scope === 'shared' ? Rules : (RulesSession as unknown as typeof Rules)
      for (const method of METHODS) {
        const expected = expectedOf(service, method, roles)
        expect([scope, method, ...new Set(outcomes[method]?.map((one) => JSON.stringify(one)))]).toEqual([
          scope,
          method,
          JSON.stringify(expected),
        ])
        expect(outcomes[method]).toHaveLength(method === 'open' ? 8 : 2)
      }
    }
  }

  it.each(ROLES.flatMap((roles) => [...modes, 'proxy'].map((mode) => [roles, mode] as const)))(
    "decide about a Python consumer with the roles '%s' in mode %s",
    (roles, mode) => expectOutcomes(mode, roles, credentialOf(roles)),
  )

  it('refuse a Python consumer without a credential, although all consumers are admitted', () =>
    expectOutcomes('xlang', undefined, undefined))

  it('read the capabilities that `aster enroll consumer` writes', async () => {
    const output: string[] = []
    const io = {
      stdout: { write: (line: string) => output.push(line) },
      stderr: { write: (line: string) => output.push(line) },
      env: {},
      cwd: folder.path,
      now: Date.now,
    }
    const options = ['--name', 'x', '--root-key', 'root.key', '--out', 'enrolled.json', '--capabilities', 'ops,dev']
    expect(await runCli(['enroll', 'consumer', ...options], io), output.join('')).toBe(0)
    await expectOutcomes('xlang', 'ops,dev', folder.file('enrolled.json'))
  })
})

describe('rules of Python', () => {
  let producer: PythonProducer
  beforeAll(async () => {
    producer = await startProducer(['--rules', '--root-pubkey', publicKey])
  })
  afterAll(() => producer.stop())

  const connect = (roles: string) =>
    AsterClient.connect({
      config,
      endpointAddr: producer.address,
      enrollmentCredentialFile: credentialOf(roles),
    })

  async function outcomeOf(client: Client<typeof Rules>, method: MethodName): Promise<Outcome> {
    try {
      if (method === 'watch') return (await collect(client.watch({})))[0]?.text ?? ''
      if (method === 'upload') return (await client.upload([{}])).text
      if (method !== 'chat') return (await client[method]({})).text
      const channel = client.chat()
      await channel.send({})
      channel.finish()
      return (await channel.recv())?.text ?? ''
    } catch (error) {
      if (error instanceof RpcError) return [error.code, error.message]
      throw error
    }
  }

  it.each(ROLES.flatMap((roles) => modes.map((mode) => [roles, mode] as const)))(
    "decide about a consumer of ours with the roles '%s' in mode %s",
    async (roles, mode) => {
      await using client = await connect(roles)
      const codec = codecFor(mode)
      const shared = await client.client(Rules, { codec })
      for (const method of METHODS) {
        expect([method, await outcomeOf(shared, method)]).toEqual([method, expectedOf(Rules, method, roles)])
        await using session = await client.session(RulesSession, { codec })
        const expected = expectedOf(RulesSession as unknown as typeof Rules, method, roles)
        expect([method, await outcomeOf(session as never, method)]).toEqual([method, expected])
        // A refusal ends a session of Python, as the next call reports.
        const next = await outcomeOf(session as never, 'open')
        if (expected === method) expect(next).toBe('open')
        else expect([method, next[0]]).toEqual([method, StatusCode.UNAVAILABLE])
      }
      const guarded = await client.client(Guarded, { codec })
      expect(await guarded.open({})).toMatchObject({ text: 'open' })
      const secret = await guarded.secret({}).then(
        (answer) => answer.text,
        (error: RpcError) => error.message,
      )
      const isOps = satisfies('ops', { 'aster.role': roles })
      expect(secret).toBe(isOps ? 'secret' : "capability check failed for method 'Guarded.secret'")
    },
  )
})
