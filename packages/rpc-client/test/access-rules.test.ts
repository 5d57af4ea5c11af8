// If an access rule refuses a call, the caller gets the error in every pattern, and other calls still work.
import { createClient, openSession } from '@aster/rpc-client'
import {
  allOf,
  anyOf,
  bidiStream,
  clientStream,
  defineService,
  implement,
  serverStream,
  StatusCode,
  unary,
} from '@aster/rpc-core'
import { collect, failure, Item, numbered } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codecs } from './codecs.ts'
import { type ServedPair, servePair, transports } from './served-pair.ts'

const methods = {
  open: unary(Item, Item),
  unary: unary(Item, Item, { requires: 'ops' }),
  server: serverStream(Item, Item, { requires: anyOf('ops', 'admin') }),
  client: clientStream(Item, Item, { requires: allOf('dev', 'ops') }),
  bidi: bidiStream(Item, Item, { requires: 'ops' }),
}
const Shared = defineService({ name: 'Shared', requires: anyOf('dev', 'ops'), methods })
const InSession = defineService({ name: 'InSession', scope: 'session', requires: anyOf('dev', 'ops'), methods })

let reached: string[]
const note = <T>(name: string, value: T): T => {
  reached.push(name)
  return value
}
const handlers = {
  open: (item: Item) => note('open', item),
  unary: (item: Item) => note('unary', item),
  server: (item: Item) => note('server', [item]),
  client: (_items: AsyncIterable<Item>) => note('client', { text: 'done' }),
  bidi: (items: AsyncIterable<Item>) => note('bidi', items),
}
const services = [implement(Shared, handlers), implement(InSession, () => handlers)]

const refusedBy = (subject: string): object => ({
  code: StatusCode.PERMISSION_DENIED,
  message: `capability check failed for ${subject}`,
})

describe.each(transports)('over %s', (over) => {
  describe.each(Object.entries(codecs))('in %s', (_mode, codec) => {
    let pair: ServedPair
    const serve = async (roles: string): Promise<void> => {
      const peer = { id: 'consumer', attributes: { 'aster.role': roles } }
      pair = await servePair(over, { services, codecs: [codec()], peer })
    }
    beforeEach(() => {
      reached = []
    })
    afterEach(() => pair.close())

    const clients = {
      shared: () => ({
        ...createClient(Shared, { connection: pair.client, codec: codec() }),
        [Symbol.asyncDispose]: async () => {},
      }),
      session: () => openSession(InSession, { connection: pair.client, codec: codec() }),
    }

    describe.each([
      ['a shared service', 'shared', 'Shared'],
      ['a session', 'session', 'InSession'],
    ] as const)('%s', (_what, scope, name) => {
      it('refuses calls of every pattern, and answers the others in between', async () => {
        await serve('dev')
        await using client = await clients[scope]()
        const calls: Record<string, () => Promise<unknown>> = {
          unary: () => client.unary({ text: 'one' }),
          server: () => collect(client.server({ text: 'one' })),
          client: () => client.client(numbered(40)),
          'client without requests': () => client.client([]),
          bidi: () => client.bidi().recv(),
          'bidi with requests': async () => {
            const channel = client.bidi()
            for (const item of numbered(40)) void channel.send(item).catch(() => {})
            channel.finish()
            return channel.recv()
          },
        }
        for (let round = 0; round < 3; round++) {
          for (const [call, run] of Object.entries(calls)) {
            expect(await failure(run()), call).toMatchObject(refusedBy(`method '${name}.${call.split(' ')[0]}'`))
            expect(await client.open({ text: call }), call).toEqual({ text: call, count: 0 })
          }
        }
        expect(new Set(reached)).toEqual(new Set(['open']))
      })

      it('refuses everything to a peer without a role of the service', async () => {
        await serve('admin,OPS')
        await using client = await clients[scope]()
        for (let round = 0; round < 2; round++) {
          const refused = await Promise.all([
            failure(client.open({})),
            failure(client.unary({})),
            failure(collect(client.server({}))),
            failure(client.client(numbered(3))),
            failure(client.bidi().recv()),
          ])
          for (const error of refused) expect(error).toMatchObject(refusedBy(`service '${name}'`))
        }
        expect(reached).toEqual([])
      })

      it('answers a peer with all of the roles', async () => {
        await serve('ops, dev')
        await using client = await clients[scope]()
        expect(await client.unary({ text: 'a' })).toEqual({ text: 'a', count: 0 })
        expect(await collect(client.server({ text: 'b' }))).toEqual([{ text: 'b', count: 0 }])
        expect(await client.client(numbered(2))).toEqual({ text: 'done', count: 0 })
        const channel = client.bidi()
        await channel.send({ text: 'c' })
        channel.finish()
        expect(await collect(channel)).toEqual([{ text: 'c', count: 0 }])
      })
    })
  })
})
