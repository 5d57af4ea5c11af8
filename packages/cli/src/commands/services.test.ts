import { AsterServer, defineService, implement, t, unary } from '@aster/server'
import { generateKeyPair, parseRootPublicKey } from '@aster/identity'
import { AsterConfig } from '@aster/config'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

/** Keeps all traffic on this machine. */
const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

const Text = t.struct('test/Text', { text: t.string })
const EchoService = defineService({ name: 'EchoService', version: 2, methods: { echo: unary(Text, Text) } })

let place: Workplace
let server: AsterServer
beforeEach(() => void (place = new Workplace()))
afterEach(async () => {
  await server.close()
  place[Symbol.dispose]()
})

/** Starts a producer with the root key of the folder; without a root key, it admits all consumers. */
async function serve(rootPubkey?: string): Promise<string> {
  const services = [implement(EchoService, { echo: (request) => request })]
  server = new AsterServer({
    services,
    config: AsterConfig.fromEnv(LOCAL),
    rootPubkey,
    allowAllConsumers: rootPubkey === undefined,
  })
  await server.start()
  return server.address
}

const services = (args: readonly string[], env: Record<string, string> = {}) =>
  place.run(['services', ...args], { env: { ...LOCAL, ...env } })

describe('a producer that admits all consumers', () => {
  it('lists its services', async () => {
    const address = await serve()
    const { code, out, err } = await services([address])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^NAME +VERSION +SCOPE +FORMATS +CHANNELS +CONTRACT\nEchoService +v2 +shared +xlang, json +rpc /,
    )
    const json = await services(['--json'], { ASTER_ENDPOINT_ADDR: address })
    expect(JSON.parse(json.out)).toMatchObject({
      services: [{ name: 'EchoService', version: 2, pattern: 'shared', serializationModes: ['xlang', 'json'] }],
      attributes: {},
      endpointId: server.endpointId,
      rootPubkey: server.rootPubkey,
    })
  })

  it('cannot move the cursor or turn a line around by the name of a service, as text and as JSON', async () => {
    const hostile = '\u001b]0;x\u0007\u001b[2J\u202eevil\u0085\u009b31m\nroot# \u2028\ufeff'
    const echo = { echo: (request: { text: string }) => request }
    const named = (name: string) => implement(defineService({ name, methods: { echo: unary(Text, Text) } }), echo)
    server = new AsterServer({
      services: [named(hostile), named(`long ${'x'.repeat(5_000)}`)],
      config: AsterConfig.fromEnv(LOCAL),
      allowAllConsumers: true,
      logger: false,
    })
    await server.start()
    const control = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
    const { code, out } = await services([server.address])
    expect(code).toBe(0)
    expect(out).not.toMatch(control)
    expect(out.split('\n').every((line) => line.length < 400)).toBe(true)
    const json = await services(['--json', server.address])
    expect(json.out).not.toMatch(control)
    expect((JSON.parse(json.out) as { services: { name: string }[] }).services[0]?.name).toBe(hostile)
  })

  it('is not trusted if it names another root key', async () => {
    const address = await serve()
    const { publicKey } = generateKeyPair()
    const { code, out, err } = await services([address, '--root-pubkey', publicKey])
    expect([code, out]).toEqual([5, ''])
    expect(err).toMatch(/^aster: .*this is not the producer you trust\n$/)
  })

  it('may be gone', async () => {
    const address = await serve()
    await server.close()
    const { code, out, err } = await services([address, '--timeout', '300'])
    expect([code, out]).toEqual([4, ''])
    expect(err).toMatch(/^aster: cannot reach the producer .*\n$/)
  })
})

describe('a producer that demands credentials', () => {
  beforeEach(async () => {
    await place.json('keygen', 'root')
    await place.json(
      'enroll',
      'consumer',
      '--name',
      'a',
      '--root-key',
      'root.key',
      '--identity',
      'id',
      '--role',
      'ops',
      '--expires',
      '2100-01-01',
    )
    await place.json(
      'enroll',
      'consumer',
      '--name',
      'b',
      '--root-key',
      'root.key',
      '--identity',
      'id',
      '--ott',
      '--expires',
      '2100-01-01',
    )
  })

  it('admits the consumers of an identity file', async () => {
    const address = await serve(parseRootPublicKey(place.read('root.pub')))
    const first = await services([address, '--identity', 'id', '--json'])
    expect([first.code, first.err]).toEqual([0, ''])
    expect(JSON.parse(first.out)).toMatchObject({ attributes: { 'aster.role': 'ops', 'aster.name': 'a' } })
    const other = await services([address, '--identity', 'id', '--peer', 'b'])
    expect([other.code, other.err]).toEqual([0, ''])
    expect((await services([address, '--identity', 'id', '--peer', 'c'])).code).toBe(2)
  })

  it('admits a one-time credential once', async () => {
    const address = await serve(parseRootPublicKey(place.read('root.pub')))
    await place.json(
      'enroll',
      'consumer',
      '--name',
      'c',
      '--root-key',
      'root.key',
      '--out',
      'c.json',
      '--ott',
      '--expires',
      '2100-01-01',
    )
    expect((await services([address, '--credential', 'c.json'])).code).toBe(0)
    const again = await services([address, '--credential', 'c.json'])
    expect([again.code, again.out]).toEqual([3, ''])
    expect(again.err).toMatch(/^aster: consumer admission denied .*\n$/)
  })

  it('denies those without a credential', async () => {
    const address = await serve(parseRootPublicKey(place.read('root.pub')))
    const { code, out, err } = await services([address])
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(/^aster: consumer admission denied .*\n$/)
  })
})
