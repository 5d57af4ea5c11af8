// The length above which messages are compressed, which the transport sets.
import { AsterClient, AsterConfig } from '@aster/client'
import { type Compression, defineService, implement, t, type Transport, unary } from '@aster/rpc-core'
import { AsterServer } from '@aster/server'
import { MemoryNetwork } from '@aster/transport-memory'
import { expect, it } from 'vitest'
import { memoryTransport } from './little-producer.ts'

const Text = t.struct('threshold/Text', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Text, Text) } })

/** Does not compress, and records the lengths of the messages. */
function counting(): { compression: Compression; lengths: number[] } {
  const lengths: number[] = []
  const compress = (bytes: Uint8Array): Uint8Array => {
    lengths.push(bytes.length)
    return bytes
  }
  return { compression: { compress, decompress: (bytes) => bytes }, lengths }
}

it.each([
  [undefined, [5_000]],
  [1_000, [2_000, 5_000]],
  [10_000, []],
])('messages are compressed above what the transport says: %s', async (compressAbove, expected) => {
  const network = new MemoryNetwork()
  const open = (): Transport => Object.assign(memoryTransport(network), { compressAbove })
  const [theirs, ours] = [counting(), counting()]
  const transport = open()
  const config = AsterConfig.from({})
  const own = { config, logger: false } as const
  await using server = new AsterServer({
    ...own,
    services: [implement(Echo, { echo: (request) => request })],
    allowAllConsumers: true,
    transport,
    compression: theirs.compression,
  })
  await server.start()
  await using client = await AsterClient.connect({
    ...own,
    endpointAddr: transport.localAddress.endpointId,
    transport: open(),
    compression: ours.compression,
  })
  const echo = await client.client(Echo)
  for (const length of [500, 2_000, 5_000]) await echo.echo({ text: 'x'.repeat(length) })
  for (const { lengths } of [ours, theirs]) expect(lengths.map((length) => length - (length % 500))).toEqual(expected)
})
