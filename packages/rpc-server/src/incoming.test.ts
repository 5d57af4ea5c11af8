import { type ByteStream, StatusCode } from '@aster/rpc-core'
import { AbortScope, encodeFrames, type Frame, FrameStream } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { Incoming } from './incoming.ts'

/** Returns a stream that delivers these pieces, and then waits until it is ended. */
function source(...pieces: Uint8Array[]): { frames: FrameStream; reads: () => number; end: () => void } {
  let reads = 0
  let end = (): void => {}
  const ended = new Promise<undefined>((resolve) => (end = () => resolve(undefined)))
  const stream: Partial<ByteStream> = {
    async read() {
      reads += 1
      return pieces.shift() ?? ended
    },
  }
  return { frames: new FrameStream(stream as ByteStream), reads: () => reads, end: () => end() }
}

const frame = (...bytes: number[]): Frame => ({ flags: 0, payload: Uint8Array.from(bytes) })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const never = (error: unknown): never => {
  throw error
}

describe('Incoming', () => {
  it('returns frames that came with the header at once, and reads on after readAhead', async () => {
    const { frames, reads } = source(encodeFrames(frame(1), frame(2)))
    expect(await frames.read()).toEqual(frame(1))
    const incoming = new Incoming(frames, never)
    expect(incoming.takeReady()).toEqual(frame(2))
    expect(incoming.takeReady()).toBeUndefined()
    await turn()
    expect(reads()).toBe(1)
    incoming.readAhead()
    expect(reads()).toBe(2)
  })

  it('reads on at once for a take that waits', async () => {
    const { frames, reads } = source(encodeFrames(frame(1)))
    const taken = new Incoming(frames, never).take()
    expect(reads()).toBe(1)
    expect(await taken).toEqual(frame(1))
  })

  it('stops reading ahead at 16 frames, and goes on as they are taken', async () => {
    const many = Array.from({ length: 40 }, (_, i) => frame(i))
    const { frames, reads, end } = source(encodeFrames(frame(100)), encodeFrames(...many), encodeFrames(frame(200)))
    await frames.read()
    const incoming = new Incoming(frames, never)
    incoming.readAhead()
    await turn()
    expect(reads()).toBe(2)
    for (const expected of many) expect(await incoming.take()).toEqual(expected)
    expect(await incoming.take()).toEqual(frame(200))
    end()
    expect(await incoming.take()).toBeUndefined()
  })

  it('reports bytes that are not frames, also if they came with the header', async () => {
    const errors: unknown[] = []
    const { frames } = source(Uint8Array.from([...encodeFrames(frame(1), frame(2)), 0, 0, 0, 0]))
    await frames.read()
    const incoming = new Incoming(frames, (error) => errors.push(error))
    expect(incoming.takeReady()).toEqual(frame(2))
    const failure = expect.objectContaining({ code: StatusCode.DATA_LOSS })
    await expect(incoming.take()).rejects.toEqual(failure)
    expect(errors).toEqual([failure])
  })

  it('reads on for a watcher, and passes earlier and later frames to it', async () => {
    const { frames, reads, end } = source(encodeFrames(frame(1), frame(2)), encodeFrames(frame(3)))
    await frames.read()
    const incoming = new Incoming(frames, never)
    const seen: (Frame | undefined)[] = []
    incoming.watch((one) => seen.push(one))
    await turn()
    expect([seen, reads()]).toEqual([[frame(2), frame(3)], 3])
    end()
    await turn()
    expect(seen).toEqual([frame(2), frame(3), undefined])
  })

  it('returns nothing to a handler whose call is over', async () => {
    const { frames } = source(encodeFrames(frame(1)))
    const incoming = new Incoming(frames, never)
    incoming.readAhead()
    await turn()
    const scope = new AbortScope()
    scope.abort(new Error('over'))
    expect(() => incoming.takeReady(scope)).toThrow('over')
    await expect(incoming.take(scope)).rejects.toThrow('over')
    expect(await incoming.take()).toEqual(frame(1))
  })
})
