import { describe, expect, it } from 'vitest'
import type { NativeBiStream, NativeConnection } from './native.ts'
import { StreamOpener } from './stream-opener.ts'

interface Opening {
  resolve(stream: NativeBiStream): void
  reject(error: Error): void
}

function opener(): { streams: StreamOpener; openings: Opening[]; lose: () => void } {
  const openings: Opening[] = []
  let lost = false
  const native: Pick<NativeConnection, 'openBi' | 'closeReason'> = {
    openBi: () => new Promise((resolve, reject) => openings.push({ resolve, reject })),
    closeReason: () => (lost ? 'closed by peer: 0' : null),
  }
  return { streams: new StreamOpener(native as NativeConnection), openings, lose: () => (lost = true) }
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
  it('passes a stream that opens after the abort to the next caller, and opens no other for that caller', async () => {
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

  it('serves callers in order, in whatever order the native opens finish', async () => {
    const { streams, openings } = opener()
    const [first, second] = [streams.open(new AbortController().signal), streams.open(undefined)]
    const [a, b] = [stream().native, stream().native]
    openings[1]?.resolve(a)
    openings[0]?.resolve(b)
    expect([await first, await second]).toEqual([a, b])
  })

  it('removes its listener from the signal when the stream is open', async () => {
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

  it('keeps a stream ready for the next caller after the first open', async () => {
    const { streams, openings } = opener()
    const [first, second] = [stream(), stream()]
    const opened = streams.open(undefined)
    openings[0]?.resolve(first.native)
    expect(await opened).toBe(first.native)
    await turn()
    expect(openings.length).toBe(2)
    openings[1]?.resolve(second.native)
    await turn()
    expect(openings.length).toBe(2)
    expect(await streams.open(undefined)).toBe(second.native)
    expect([...first.disposed, ...second.disposed]).toEqual([])
  })

  it('opens no stream ahead while others are being opened, so that streams are used in the order of their numbers', async () => {
    const { streams, openings } = opener()
    const all = [streams.open(undefined), streams.open(undefined)]
    openings[0]?.resolve(stream().native)
    await all[0]
    await turn()
    expect(openings.length).toBe(2)
    openings[1]?.resolve(stream().native)
    await all[1]
    await turn()
    expect(openings.length).toBe(3)
  })

  it('drops the stream that was ready when the connection was lost, and rejects with the error of a new open', async () => {
    const { streams, openings, lose } = opener()
    const opened = streams.open(undefined)
    openings[0]?.resolve(stream().native)
    await opened
    await turn()
    openings[1]?.resolve(stream().native)
    await turn()
    lose()
    const late = streams.open(undefined)
    openings[2]?.reject(new Error('ApplicationClosed'))
    await expect(late).rejects.toThrow('ApplicationClosed')
  })

  it('does not pass a ready stream to a caller that has aborted already', async () => {
    const { streams, openings } = opener()
    const opened = streams.open(undefined)
    openings[0]?.resolve(stream().native)
    await opened
    await turn()
    const ready = stream().native
    openings[1]?.resolve(ready)
    await turn()
    await expect(streams.open(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect(await streams.open(undefined)).toBe(ready)
  })

  it('fails each caller with the error of an open', async () => {
    const { streams, openings } = opener()
    const all = [streams.open(undefined), streams.open(new AbortController().signal)]
    for (const opening of openings) opening.reject(new Error('LocallyClosed'))
    for (const each of all) await expect(each).rejects.toThrow('LocallyClosed')
  })
})
