import { AsterConfig, ConfigError } from '@aster/config'
import { describeServices, toDefinitions, describedContractId, parseDescriptionText } from '@aster/description'
import { ReflectionService } from '@aster/reflection'
import { anyOf, defineService, implement, t, unary } from '@aster/rpc-core'
import { afterEach, describe, expect, it } from 'vitest'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'
import { resolveServices } from './resolve-services.ts'

const Item = t.struct('server/Item', { text: t.string }, { doc: 'A text.' })
const define = (name: string) =>
  defineService({
    name,
    doc: 'Echoes.',
    requires: anyOf('a', 'b'),
    methods: { echo: unary(Item, Item, { doc: 'Sends it back.', requires: 'c' }) },
  })
const echo = (name: string) => implement(define(name), { echo: (item) => item })
const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })

const open: AsterServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(options: Partial<AsterServerOptions> = {}): Promise<AsterServer> {
  const server = new AsterServer({ services: [echo('A')], config, allowAllConsumers: true, logger: false, ...options })
  open.push(server)
  await server.start()
  return server
}

/** Returns the answer of the service, without a network. */
async function describeText(options: Partial<AsterServerOptions>): Promise<string> {
  const [main] = resolveServices({ services: [echo('A')], reflection: true, ...options }, config, undefined)
  const service = main?.services.at(-1) as { open(peer: object): object }
  const handlers = service.open({ id: '', attributes: {} }) as {
    describe(request: object): { description: string } | Promise<{ description: string }>
  }
  return (await handlers.describe({ services: [] })).description
}

describe('the reflection of a server', () => {
  it('is off by default', async () => {
    expect((await serve()).services.map(({ name }) => name)).toEqual(['A'])
  })

  it('is offered on the main channel alone', async () => {
    const server = await serve({ reflection: true, health: true, channels: { bulk: { services: [echo('B')] } } })
    const offered = server.services.map(({ name, channels }) => [name, Object.keys(channels)])
    expect(offered).toEqual([
      ['A', ['rpc']],
      ['Health', ['rpc']],
      ['aster.reflection', ['rpc']],
      ['B', ['bulk']],
    ])
  })

  it('describes the services of all channels once each, and itself', async () => {
    const shared = echo('A')
    const text = await describeText({ services: [shared], channels: { bulk: { services: [echo('B')] }, all: {} } })
    const expected = describeServices([define('A'), define('B'), ReflectionService], { serializationModes: ['xlang'] })
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(expected)))
  })

  it('describes documentation, rules, and the contract ids of the admission', async () => {
    const server = await serve({ reflection: true })
    const description = parseDescriptionText(await describeText({}))
    expect(description.services[0]).toMatchObject({
      doc: 'Echoes.',
      requires: { kind: 'anyOf', roles: ['a', 'b'] },
      contractId: server.services[0]?.contractId,
      methods: [{ doc: 'Sends it back.', requires: { kind: 'role', roles: ['c'] } }],
    })
    expect(description.types[0]).toMatchObject({ tag: 'server/Item', doc: 'A text.' })
    const definitions = toDefinitions(description)
    const ids = definitions.services.map((service) => describedContractId(definitions, service))
    expect(ids).toEqual(server.services.map(({ contractId }) => contractId))
    expect(definitions.services[0]?.definition.doc).toBe('Echoes.')
    expect(definitions.services[0]?.definition.methods['echo']?.doc).toBe('Sends it back.')
  })

  it.each([1, 'true', {}, null])('cannot be %j', (reflection) => {
    const make = (): AsterServer => new AsterServer({ services: [echo('A')], config, reflection: reflection as never })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow('expected true or false')
  })
})
