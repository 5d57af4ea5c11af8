import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { describeServices, parseDescriptionText } from '@aster/description'
import { createClient } from '@aster/rpc-client'
import { defineService, StatusCode, t, unary } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'
import { createReflection, ReflectionService } from './index.ts'

const Point = t.struct('test/Point', { x: t.int })
const Line = t.struct('test/Line', { from: Point, to: Point })
const Text = t.struct('test/Text', { text: t.string })
const Lines = defineService({ name: 'Lines', doc: 'Of points.', methods: { mirror: unary(Line, Line) } })
const Texts = defineService({ name: 'Texts', version: 2, methods: { echo: unary(Text, Text) } })

describe.each([
  ['JSON', () => new JsonCodec()],
  ['XLANG', () => new ForyCodec()],
])('reflection in %s', (_mode, codec) => {
  async function ask(services: readonly string[], description = describeServices([Lines, Texts])) {
    const [consumer, producer] = memoryPair()
    const served = serveConnection(producer, { services: [createReflection(description)], codecs: [codec()] })
    try {
      const client = createClient(ReflectionService, { connection: consumer, codec: codec() })
      return parseDescriptionText((await client.describe({ services })).description)
    } finally {
      consumer.close()
      await served.done
    }
  }

  it('describes all services, or some services with their types', async () => {
    expect(await ask([])).toEqual(describeServices([Lines, Texts]))
    const some = await ask(['Lines'])
    expect(some.services).toEqual(describeServices([Lines]).services)
    expect(some.types.map(({ name }) => name)).toEqual(['Point', 'Line'])
    expect((await ask(['Texts', 'Texts'])).services.map(({ name, version }) => [name, version])).toEqual([['Texts', 2]])
  })

  it('fails with NOT_FOUND if a service does not exist', async () => {
    await expect(ask(['Lines', 'Lies'])).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      message: expect.stringContaining('"Lies"'),
    })
  })

  it('refuses to send a description that no client would accept', async () => {
    const description = { ...describeServices([Lines, Texts]), source: 'x'.repeat(5_000_000) }
    await expect(ask([], description)).rejects.toMatchObject({
      code: StatusCode.RESOURCE_EXHAUSTED,
      message: expect.stringContaining('ask for fewer'),
    })
  })
})
