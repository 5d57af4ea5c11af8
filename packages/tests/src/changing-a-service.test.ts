// Tries each row of the tables in docs/changing-a-service.md between two programs of this project, in every pattern.
import { AsterClient, AsterConfig, type Client, JsonCodec, ServiceNotFoundError } from '@aster/client'
import {
  bidiStream,
  clientStream,
  defineService,
  implement,
  type RpcError,
  serverStream,
  type ServiceImplementation,
  t,
  type Transport,
  unary,
} from '@aster/rpc-core'
import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import { AsterServer } from '@aster/server'
import { codeOf, failure } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'
import { outcomeOf, patterns, readOf, sent, served } from './changes/outcomes.ts'
import { type Age, changes, otherAge, serviceOf } from './changes/scenarios.ts'
import { columns, rowsBelow } from './changes/table.ts'

const ids = { producer: 'a1'.repeat(32), consumer: 'b2'.repeat(32) }

function transport(network: MemoryNetwork, endpointId: string): Transport {
  const memory = network.transport(endpointId)
  return {
    connect: (address, options) => memory.connect(address.endpointId, options),
    listen: (options) => memory.listen({ alpns: [...options.alpns] }),
    localAddress: { endpointId, addresses: [] },
    close: () => memory.close(),
  }
}

/** Starts a server of services in a mode, and a client of it with the codec that the client chooses. */
async function connect(mode: 'json' | 'xlang', services: readonly ServiceImplementation[]) {
  const network = new MemoryNetwork()
  const config = AsterConfig.from({})
  const codec = mode === 'json' ? { codec: new JsonCodec({ missing: 'default' }) } : {}
  const server = new AsterServer({
    config,
    services: [...services],
    allowAllConsumers: true,
    transport: transport(network, ids.producer),
    ...codec,
  })
  await server.start()
  const client = await AsterClient.connect({
    config,
    endpointAddr: ids.producer,
    transport: transport(network, ids.consumer),
  })
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close()
      await server.close()
    },
  }
}

const table = rowsBelow('Messages')

it('the page has a row for each change', () => {
  expect([...table.keys()]).toEqual(changes.map(({ name }) => name))
})

describe.each(changes)('$name', (change) => {
  it.each(columns.map((column, i) => ({ ...column, i })))('$mode, the $older is older', async ({ mode, older, i }) => {
    const wanted = table.get(change.name)?.[i] ?? ''
    const clientAge: Age = older === 'client' ? 'old' : 'new'
    const producerAge = otherAge[clientAge]
    const { reads } = change[change.in === 'request' ? producerAge : clientAge]
    for (const scope of ['shared', 'session'] as const) {
      const errors: RpcError[] = []
      await using pair = await connect(mode, [served(change, producerAge, { scope })])
      const definition = serviceOf(change, clientAge, scope)
      const calls: Client<typeof definition> =
        scope === 'shared' ? await pair.client.client(definition) : await pair.client.session(definition)
      for (const [pattern, call] of Object.entries(patterns)) {
        const read = readOf(change, call(calls, sent(change, clientAge, 'request')))
        expect([scope, pattern, await outcomeOf(read, reads, errors)]).toEqual([scope, pattern, wanted])
      }
      for (const { message } of errors) {
        if (mode === 'xlang') expect(message).toContain('changes/')
        // Contract ids do not hold enums.
        if (!message.includes('enum')) expect(message).toContain("the producer's contract id of service 'Changing' is ")
        if (mode === 'xlang' && !message.includes('enum')) expect(message.endsWith(CHANGE_ADVICE)).toBe(true)
      }
    }
  })
})

it('a server serves two versions at the same time', async () => {
  // #region versions
  const Order1 = t.struct('shop/Order', { name: t.string })
  const Shop1 = defineService({ name: 'Shop', version: 1, methods: { order: unary(Order1, Order1) } })

  const Order2 = t.struct('shop/Order', { name: t.string, quantity: t.withDefault(t.int, 1) })
  const Shop2 = defineService({ name: 'Shop', version: 2, methods: { order: unary(Order2, Order2) } })

  const services = [
    implement(Shop1, { order: ({ name }) => ({ name }) }),
    implement(Shop2, { order: (order) => order }),
  ]
  // #endregion
  await using pair = await connect('xlang', services)
  expect(await (await pair.client.client(Shop1)).order({ name: 'a' })).toEqual({ name: 'a' })
  expect(await (await pair.client.client(Shop2)).order({ name: 'a' })).toEqual({ name: 'a', quantity: 1 })
})

describe.each(['json', 'xlang'] as const)('the value for unknown members, in %s', (mode) => {
  const Level = t.enum('changes/Level', { LOW: 1 }, { unknown: -1 })
  const Item = t.struct('changes/Item', { level: Level })

  it.each(['shared', 'session'] as const)('cannot be sent by either side: %s', async (scope) => {
    const methods = {
      one: unary(Item, Item),
      many: serverStream(Item, Item),
      up: clientStream(Item, Item),
      chat: bidiStream(Item, Item),
    }
    const Levels = defineService({ name: 'Levels', scope, methods })
    const unknown = { level: -1 as 1 }
    const handlers = {
      one: () => unknown,
      async *many() {
        yield unknown
      },
      async up() {
        return unknown
      },
      async *chat() {
        yield unknown
      },
    }
    const levels = implement(Levels, scope === 'session' ? () => handlers : handlers)
    await using pair = await connect(mode, [levels])
    const calls: Client<typeof Levels> =
      scope === 'shared' ? await pair.client.client(Levels) : await pair.client.session(Levels)
    for (const [request, code] of [
      [unknown, 'INVALID_ARGUMENT'],
      [{ level: 1 }, 'INTERNAL'],
    ] as const) {
      for (const call of Object.values(patterns)) {
        const error = await failure(call(calls as never, request))
        expect([error.codeName, error.message]).toEqual([code, expect.stringContaining('found the integer -1')])
      }
    }
  })
})

describe('methods and versions', () => {
  const rows = rowsBelow('Methods and versions')
  const Item = t.struct('changes/Item', { count: t.int })
  const One = defineService({ name: 'Growing', methods: { get: unary(Item, Item) } })
  const More = defineService({ name: 'Growing', methods: { get: unary(Item, Item), add: unary(Item, Item) } })
  const Streaming = defineService({ name: 'Growing', methods: { get: serverStream(Item, Item) } })
  const Second = defineService({
    name: 'Growing',
    version: 2,
    methods: { get: unary(t.struct('changes/Item', {}), Item) },
  })
  const get = (): { count: number } => ({ count: 1 })
  const one = implement(One, { get })

  it.each(columns.map((column, i) => ({ ...column, i })))('$mode, the $older is older', async ({ mode, older, i }) => {
    const isClientOld = older === 'client'
    const outcomes = new Map<string, unknown>()
    {
      await using pair = await connect(mode, [isClientOld ? implement(More, { get, add: get }) : one])
      const calls = await pair.client.client(More)
      outcomes.set(
        'an additional method',
        await codeOf(isClientOld ? (await pair.client.client(One)).get({}) : calls.add({})),
      )
    }
    {
      const streaming = implement(Streaming, {
        async *get() {
          yield { count: 1 }
          yield { count: 2 }
        },
      })
      await using pair = await connect(mode, [isClientOld ? streaming : one])
      const call = isClientOld
        ? (await pair.client.client(One)).get({})
        : (async () => {
            for await (const item of (await pair.client.client(Streaming)).get({})) expect(item).toEqual({ count: 1 })
          })()
      outcomes.set('a unary method that becomes a server stream', await codeOf(call))
    }
    {
      const second = implement(Second, { get })
      await using pair = await connect(mode, isClientOld ? [one, second] : [one])
      const call = isClientOld
        ? (await pair.client.client(One)).get({})
        : pair.client.client(Second).then((calls) => calls.get({}))
      const code = await codeOf(call)
      outcomes.set('a new version beside the old one', code instanceof ServiceNotFoundError ? code.name : code)
      if (isClientOld) expect(await (await pair.client.client(Second)).get({})).toEqual({ count: 1 })
    }
    expect([...rows.keys()]).toEqual([...outcomes.keys()])
    for (const [row, outcome] of outcomes)
      expect([row, outcome === 'OK' ? 'works' : outcome]).toEqual([row, rows.get(row)?.[i]])
  })
})
