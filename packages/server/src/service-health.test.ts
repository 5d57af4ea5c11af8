import { AsterConfig, ConfigError } from '@aster/config'
import { Health } from '@aster/health'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { afterEach, describe, expect, it } from 'vitest'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const Item = t.struct('server/Item', { text: t.string })
const echo = (name: string) =>
  implement(defineService({ name, methods: { echo: unary(Item, Item) } }), { echo: (item) => item })

const open: AsterServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

function serverOf(options: Partial<AsterServerOptions> = {}): AsterServer {
  const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
  const server = new AsterServer({ services: [echo('A')], config, allowAllConsumers: true, ...options })
  open.push(server)
  return server
}

const statuses = ({ health }: AsterServer, names = ['', 'A', 'B']) => names.map((name) => health?.get(name))

describe('the health of a server', () => {
  it('is undefined without the option', async () => {
    const server = serverOf()
    await server.start()
    expect(server.health).toBeUndefined()
    expect(server.services.map(({ name }) => name)).toEqual(['A'])
  })

  it('is offered on the main channel, and covers the services of all channels', async () => {
    const server = serverOf({ health: true, channels: { bulk: { services: [echo('B')] }, all: {} } })
    expect(statuses(server)).toEqual(['SERVING', undefined, undefined])
    await server.start()
    expect(statuses(server)).toEqual(['SERVING', 'SERVING', 'SERVING'])
    const summary = server.services.find(({ name }) => name === 'Health')
    expect(Object.keys(summary?.channels ?? {})).toEqual(['rpc'])
  })

  it('is NOT_SERVING as soon as close() begins, and stays so', async () => {
    const server = serverOf({ health: true })
    await server.start()
    const closing = server.close()
    expect(statuses(server)).toEqual(['NOT_SERVING', 'NOT_SERVING', undefined])
    server.health?.set('A', 'SERVING')
    await closing
    expect(statuses(server)).toEqual(['NOT_SERVING', 'NOT_SERVING', undefined])
  })

  it('may be an object of the user, which keeps its statuses', async () => {
    const health = new Health()
    health.set('A', 'NOT_SERVING')
    const server = serverOf({ health, services: [echo('A'), echo('B')] })
    await server.start()
    expect(server.health).toBe(health)
    expect(statuses(server)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING'])
  })

  it.each([1, 'true', {}, null])('cannot be %j', (health) => {
    expect(() => serverOf({ health: health as never })).toThrow(ConfigError)
    expect(() => serverOf({ health: health as never })).toThrow('expected true, false or a Health')
  })
})
