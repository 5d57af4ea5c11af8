import type { ByteStream } from '@aster/rpc-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryPair } from './memory-pair.ts'
import { MemoryNetwork } from './memory-network.ts'
import type { MemoryOptions } from './options.ts'

async function streamOf(options: MemoryOptions): Promise<[ByteStream, ByteStream]> {
  const [consumer, producer] = memoryPair(options)
  const ours = await consumer.openStream()
  await ours.write(new Uint8Array(1))
  const { value } = await producer.incomingStreams()[Symbol.asyncIterator]().next()
  const theirs = value as ByteStream
  expect(await theirs.read()).toEqual(new Uint8Array(1))
  return [ours, theirs]
}

describe('memoryPair', () => {
  it('connects two peers with the given ids and protocol', () => {
    const [a, b] = memoryPair({ ids: ['a', 'b'], alpn: 'test/1' })
    expect([a.remoteId, b.remoteId, a.alpn, b.alpn]).toEqual(['b', 'a', 'test/1', 'test/1'])
  })

  it('delivers the same bytes in pieces of any size', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array()),
        sizes,
        fc.integer({ min: 1, max: 40 }),
        async (writes, pieces, highWaterMark) => {
          let turn = 0
          const [ours, theirs] = await streamOf({ highWaterMark, chunkSize: () => pieces[turn++ % pieces.length] ?? 1 })
          const write = async (): Promise<void> => {
            for (const bytes of writes) await ours.write(bytes)
            await ours.finish()
          }
          const read = async (): Promise<number[]> => {
            const all: number[] = []
            for (let bytes; (bytes = await theirs.read()) !== undefined;) {
              expect(bytes.length).toBeGreaterThan(0)
              expect(bytes.length).toBeLessThanOrEqual(9)
              all.push(...bytes)
            }
            return all
          }
          const [all] = await Promise.all([read(), write()])
          expect(all).toEqual(writes.flatMap((bytes) => [...bytes]))
        },
      ),
    )
  })

  it('takes no more than `highWaterMark` bytes before the peer reads', async () => {
    const [ours, theirs] = await streamOf({ highWaterMark: 10, chunkSize: 4 })
    await ours.write(new Uint8Array(10))
    let taken = false
    const eleventh = ours.write(new Uint8Array(1)).then(() => (taken = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toBe(false)
    expect((await theirs.read())?.length).toBe(4)
    await eleventh
  })

  it('announces earlier streams together with a later one, as QUIC does', async () => {
    const [consumer, producer] = memoryPair()
    const [first, second] = [await consumer.openStream(), await consumer.openStream()]
    await second.write(new TextEncoder().encode('second'))
    const incoming = producer.incomingStreams()[Symbol.asyncIterator]()
    const [one, two] = [(await incoming.next()).value as ByteStream, (await incoming.next()).value as ByteStream]
    expect(new TextDecoder().decode(await two.read())).toBe('second')
    await first.write(new TextEncoder().encode('first'))
    expect(new TextDecoder().decode(await one.read())).toBe('first')
  })

  it.each([
    ['highWaterMark', { highWaterMark: 0 }],
    ['maxStreams', { maxStreams: Number.NaN }],
    ['chunkSize', { chunkSize: 0 }],
  ])('names an option out of range: %s', (name, options) => {
    expect(() => memoryPair(options)).toThrow(new RegExp(`^MemoryOptions.${name}: expected .*, found `))
  })
})

describe('MemoryNetwork', () => {
  it('reports that there is no peer at an address, or that the peer does not listen', async () => {
    const network = new MemoryNetwork()
    const [consumer, producer] = [network.transport('consumer'), network.transport('producer')]
    const dial = (address: string): Promise<unknown> => consumer.connect(address, { alpn: 'test/1' })
    await expect(dial('elsewhere')).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'there is no peer at "elsewhere"',
    })
    await expect(dial('producer')).rejects.toThrow('"producer" does not listen for "test/1"')
    await producer.close()
    await expect(dial('producer')).rejects.toThrow('there is no peer at "producer"')
  })

  it('has only one peer of an id at a time', async () => {
    const network = new MemoryNetwork()
    const transport = network.transport('a')
    expect(() => network.transport('a')).toThrow('the network has a transport "a" already')
    await transport.close()
    expect(network.transport('a').localAddress).toBe('a')
  })

  it('keeps a dial to a silent address pending until the transport is closed', async () => {
    const network = new MemoryNetwork()
    const consumer = network.transport('consumer')
    network.silence('silent')
    const dialled = expect(consumer.connect('silent', { alpn: 'test/1' })).rejects.toMatchObject({ kind: 'closed' })
    await consumer.close()
    await dialled
  })
})
