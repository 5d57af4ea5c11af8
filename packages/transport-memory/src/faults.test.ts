import { type ByteStream, TransportError } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import type { Fault, WriteContext } from './faults.ts'
import type { MemoryConnection } from './memory-connection.ts'
import { memoryPair } from './memory-pair.ts'

interface Ends {
  readonly connections: [MemoryConnection, MemoryConnection]
  readonly ours: ByteStream
  readonly theirs: ByteStream
  readonly seen: WriteContext[]
}

/** Opens a stream on which the second write of its opener has a fault. */
async function streamWith(fault: (chunk: Uint8Array) => Fault): Promise<Ends> {
  const seen: WriteContext[] = []
  const connections = memoryPair({
    faults: {
      onWrite(chunk, context) {
        seen.push(context)
        return context.byOpener && context.offset > 0 ? fault(chunk) : undefined
      },
    },
  })
  const ours = await connections[0].openStream()
  await ours.write(bytesOf('one '))
  const incoming = await connections[1].incomingStreams()[Symbol.asyncIterator]().next()
  const theirs = incoming.value as ByteStream
  expect(textOf(await theirs.read())).toBe('one ')
  return { connections, ours, theirs, seen }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes)

async function readAll(stream: ByteStream): Promise<string> {
  let text = ''
  for (let bytes; (bytes = await stream.read()) !== undefined;) text += textOf(bytes)
  return text
}

const kindOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof TransportError ? error.kind : error),
  )

describe('faults', () => {
  it('know the writer, the stream and the offset of each write', async () => {
    const { theirs, ours, seen } = await streamWith(() => ({}))
    await ours.write(bytesOf('two'))
    await theirs.write(bytesOf('answer'))
    expect(seen).toEqual([
      { from: 'consumer', alpn: 'aster/1', stream: 0, byOpener: true, offset: 0 },
      { from: 'consumer', alpn: 'aster/1', stream: 0, byOpener: true, offset: 4 },
      { from: 'producer', alpn: 'aster/1', stream: 0, byOpener: false, offset: 0 },
    ])
  })

  it('garble, cut and double the bytes', async () => {
    const { ours, theirs } = await streamWith((chunk) => ({ deliver: [chunk.subarray(0, 2), bytesOf('?'), chunk] }))
    await ours.write(bytesOf('two'), { finish: true })
    expect(await readAll(theirs)).toBe('tw?two')
  })

  it('hold bytes back until a promise settles, in order', async () => {
    let go = (): void => {}
    const { ours, theirs } = await streamWith(() => ({ after: new Promise<void>((resolve) => (go = resolve)) }))
    let arrived = false
    const reading = theirs.read().then((bytes) => {
      arrived = true
      return textOf(bytes)
    })
    const writing = ours.write(bytesOf('two'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(arrived).toBe(false)
    go()
    await writing
    expect(await reading).toBe('two')
  })

  it('release a write that is held back when the stream is reset', async () => {
    const { ours, theirs } = await streamWith(() => ({ after: new Promise(() => {}) }))
    const writing = kindOf(ours.write(bytesOf('two')))
    ours.reset(3)
    expect(await writing).toBe('reset')
    expect(await kindOf(theirs.read())).toBe('reset')
  })

  it('reset the direction after the bytes', async () => {
    const { ours, theirs } = await streamWith(() => ({ reset: 9 }))
    expect(await kindOf(ours.write(bytesOf('two')))).toBe('reset')
    await expect(theirs.read()).rejects.toMatchObject({ kind: 'reset', code: 9 })
    await theirs.write(bytesOf('still there'))
    expect(textOf(await ours.read())).toBe('still there')
  })

  it('stop the writer', async () => {
    const { ours } = await streamWith(() => ({ stop: 9 }))
    await expect(ours.write(bytesOf('two'))).rejects.toMatchObject({ kind: 'stopped', code: 9 })
  })

  it('end the direction cleanly after half of the bytes', async () => {
    const { ours, theirs } = await streamWith((chunk) => ({ deliver: chunk.subarray(0, 2), finish: true }))
    await ours.write(bytesOf('two'))
    await ours.write(bytesOf('three'), { finish: true })
    expect(await readAll(theirs)).toBe('tw')
  })

  it('drop all later bytes, without an end', async () => {
    const { ours, theirs } = await streamWith(() => ({ deliver: [], stall: true }))
    await ours.write(bytesOf('two'))
    await ours.write(bytesOf('three'), { finish: true })
    const reading = theirs.read()
    theirs.stop(0)
    expect(await reading).toBeUndefined()
  })

  it('lose the connection', async () => {
    const { connections, ours, theirs } = await streamWith(() => ({ drop: true }))
    expect(await kindOf(ours.write(bytesOf('two')))).toBe('lost')
    expect(await kindOf(theirs.read())).toBe('lost')
    for (const connection of connections) expect((await connection.closed).by).toBe('network')
  })
})
