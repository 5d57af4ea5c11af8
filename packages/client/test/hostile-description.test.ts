// Descriptions of a hostile producer, over memory.
import { AsterClient } from '@aster/client'
import { ReflectionService } from '@aster/reflection'
import { implement, type ServiceLike, StatusCode } from '@aster/rpc-core'
import { echoService, failure } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

const open: AsterClient[] = []
afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
})

async function connectTo(reflection: ServiceLike): Promise<AsterClient> {
  const producer = new LittleProducer(new MemoryNetwork(), { services: [echoService(), reflection] })
  const client = await AsterClient.connect(producer.clientOptions)
  open.push(client)
  return client
}

const optional = (name: string) => ({ kind: 'optional', inner: { kind: 'struct', name } })

function hostileDefaults(): string {
  const types = Array.from({ length: 40 }, (_, i) => ({
    kind: 'struct',
    name: `S${i}`,
    tag: `x/S${i}`,
    fields: ['a', 'b'].map((name) => ({
      wireName: name,
      type: i === 0 ? { kind: 'int' } : { kind: 'struct', name: `S${i - 1}` },
      ...(i > 0 && { default: {} }),
    })),
  }))
  return JSON.stringify({ asterDescription: 1, services: [], types })
}

function hostileScope(): string {
  const service = { name: 'A', constant: 'A', version: 1, scope: '\u001b[2J', serializationModes: [], methods: [] }
  return JSON.stringify({ asterDescription: 1, services: [service], types: [] })
}

function hostileTag(): string {
  const members = ['A', 'B'].map((name) => ({ name, value: 1 }))
  const types = [{ kind: 'enum', name: 'E', tag: 'x/\u001b[2J\u202e', members }]
  return JSON.stringify({ asterDescription: 1, services: [], types })
}

function hostileField(): string {
  const field = { wireName: '\u001b[2J\u202e', type: { kind: 'int' } }
  const types = [{ kind: 'struct', name: 'S', tag: 'x/S', fields: [field, field] }]
  return JSON.stringify({ asterDescription: 1, services: [], types })
}

describe('a description of a peer', () => {
  it.each([
    ['no JSON', '{', 'expected JSON'],
    ['another version', '{"asterDescription":2}', 'asterDescription: expected 1'],
    ['names with control characters', hostileScope(), 'services[0].scope: expected'],
    ['too many levels', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'at most 100 levels'],
    ['too many values', `{"asterDescription":1,"services":[],"types":[],"x":[${'0,'.repeat(600_000)}0]}`, 'values'],
    ['more by default than there is memory', hostileDefaults(), 'values in the defaults of all structs together'],
    ['types that cannot be', hostileTag(), 'the value 1 occurs twice'],
    ['two fields of one name', hostileField(), 'expected a name of its own'],
  ])('is refused with %s', async (_name, text, message) => {
    const liar = implement(ReflectionService, { describe: () => ({ description: text }) })
    const c = await connectTo(liar)
    const error = (await failure(c.describe())) as Error
    expect(error).toMatchObject({ code: StatusCode.CONTRACT_VIOLATION, message: expect.stringContaining(message) })
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    // The ill-formed description is not used, so the producer finds the mistake, and not this client.
    expect(await c.dynamic('Echo').call('echo', { text: 'a' })).toEqual({ text: 'a', count: 0 })
    expect((await failure(c.dynamic('Echo').call('echo', { other: 1 }))).code).not.toBe(StatusCode.INVALID_ARGUMENT)
  })

  it('is read in linear time even if each type contains the next one twice', async () => {
    const types = Array.from({ length: 60 }, (_, i) => ({
      kind: 'struct',
      name: `S${i}`,
      tag: `x/S${i}`,
      fields: ['a', 'b'].map((name) => ({ wireName: name, type: i === 0 ? { kind: 'int' } : optional(`S${i - 1}`) })),
    }))
    const message = { kind: 'struct', name: 'S59' }
    const method = { wireName: 'm', kind: 'unary', request: message, response: message }
    const service = {
      name: 'Echo',
      constant: 'Echo',
      version: 1,
      scope: 'shared',
      serializationModes: ['xlang'],
      methods: [method],
    }
    const description = JSON.stringify({ asterDescription: 1, services: [service], types })
    const c = await connectTo(implement(ReflectionService, { describe: () => ({ description }) }))
    await c.describe()
    expect(await failure(c.dynamic('Echo').call('m', { a: 1 }))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
  })
})
