import { describe, expect, it } from 'vitest'
import type { NativeBiStream, NativeConnection } from './native.ts'
import { StreamOpener } from './stream-opener.ts'

interface Opening {
  resolve(stream: NativeBiStream): void
  reject(error: Error): void
}

function opener(): { streams: StreamOpener; openings: Opening[] } {
  const openings: Opening[] = []
  const native: Pick<NativeConnection, 'openBi'> = {
    openBi: () => new Promise((resolve, reject) => openings.push({ resolve, reject })),
  }
  return { streams: new StreamOpener(native as NativeConnection), openings }
}

function stream(): { native: NativeBiStream; disposed: string[] } {
  const disposed: string[] = []
  const end = (name: string) => async (code: bigint) => void disposed.push(`${name} ${code}`)
  return {
    native: { send: { reset: end('reset') }, recv: { stop: end('stop') } } as unknown as NativeBiStream,
    disposed,
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('StreamOpener', () => {
  it('disposes of a stream that comes after the abort', async () => {
    const { streams, openings } = opener()
    const controller = new AbortController()
    const opened = streams.open(controller.signal)
    controller.abort(new Error('enough'))
    await expect(opened).rejects.toThrow('enough')
    const late = stream()
    openings[0]?.resolve(late.native)
    await turn()
    expect(late.disposed).toEqual(['reset 0', 'stop 0'])
  })

  it('gives a stream that comes after the abort to the next caller, and opens none for that one', async () => {
    const { streams, openings } = opener()
    const controller = new AbortController()
    const opened = streams.open(controller.signal)
    controller.abort(new Error('enough'))
    await expect(opened).rejects.toThrow('enough')
    const next = streams.open(undefined)
    const late = stream()
    openings[0]?.resolve(late.native)
    expect(await next).toBe(late.native)
    expect(openings.length).toBe(1)
    expect(late.disposed).toEqual([])
  })

  it('serves callers in order, whichever native open comes first', async () => {
    const { streams, openings } = opener()
    const [first, second] = [streams.open(new AbortController().signal), streams.open(undefined)]
    const [a, b] = [stream().native, stream().native]
    openings[1]?.resolve(a)
    openings[0]?.resolve(b)
    expect([await first, await second]).toEqual([a, b])
  })

  it('takes its listener off the signal when the stream is there', async () => {
    const { streams, openings } = opener()
    const controller = new AbortController()
    const opened = streams.open(controller.signal)
    const { native, disposed } = stream()
    openings[0]?.resolve(native)
    expect(await opened).toBe(native)
    controller.abort()
    await turn()
    expect(disposed).toEqual([])
  })

  it('fails each caller with the error of an open', async () => {
    const { streams, openings } = opener()
    const all = [streams.open(undefined), streams.open(new AbortController().signal)]
    for (const opening of openings) opening.reject(new Error('LocallyClosed'))
    for (const each of all) await expect(each).rejects.toThrow('LocallyClosed')
  })
})
