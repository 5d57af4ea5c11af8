import { JsonCodec } from '@aster/codec-json'
import { type Connection, defineService, implement, type Interceptor, serverStream, t, unary } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../client.ts'
import { openSession } from './open-session.ts'

const Item = t.struct('test/Item', { count: t.int })
const methods = { echo: unary(Item, Item), count: serverStream(Item, Item) }
const Shared = defineService({ name: 'Shared', methods })
const Scoped = defineService({ name: 'Scoped', scope: 'session', methods })
const handlers = {
  echo: (item: { count: number }) => item,
  async *count({ count }: { count: number }) {
    for (let i = 0; i < count; i++) yield { count: i }
  },
}

describe('the peer that an interceptor of a client sees', () => {
  let connection: Connection
  let seen: string[]
  const spy: Interceptor = async (call, next) => {
    seen.push(`before: ${call.peer.id}`)
    const outcome = await next(call)
    seen.push(`after: ${call.peer.id}`)
    return outcome
  }
  const options = () => ({ connection, codec: new JsonCodec(), interceptors: [spy] })

  beforeEach(() => {
    const [consumer, producer] = memoryPair()
    connection = consumer
    seen = []
    const services = [implement(Shared, handlers), implement(Scoped, () => handlers)]
    serveConnection(producer, { services, codecs: [new JsonCodec()] })
  })

  it('is known once the call has its stream', async () => {
    const client = createClient(Shared, options())
    await client.echo({ count: 1 })
    await client.count({ count: 1 }).next()
    expect(connection.remoteId).not.toBe('')
    const both = ['before: ', `after: ${connection.remoteId}`]
    expect(seen).toEqual([...both, ...both])
  })

  it('is known from the start in a session', async () => {
    await using session = await openSession(Scoped, options())
    await session.echo({ count: 1 })
    for await (const item of session.count({ count: 1 })) expect(item).toEqual({ count: 0 })
    const both = [`before: ${connection.remoteId}`, `after: ${connection.remoteId}`]
    expect(seen).toEqual([...both, ...both])
  })
})
