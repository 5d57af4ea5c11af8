import type { ByteStream } from '@aster/rpc-core'
import { expect } from 'vitest'
import {
  encodeText,
  expectFailure,
  expectNext,
  expectSameBytes,
  MAX_STREAMS,
  patternedBytes,
  readAll,
  readText,
  type TransportSuite,
} from './under-test.ts'

/** Registers the cases of opening streams, and of their limit. */
export function testStreams({ test }: TransportSuite): void {
  test('lets both sides open streams', async ({ link }) => {
    const { ours, theirs, atOurs, atTheirs } = await link()
    const [mine, yours] = [await ours.openStream(), await theirs.openStream()]
    await mine.write(encodeText('from us'))
    await yours.write(encodeText('from them'))
    expect(await readText(expectNext(await atTheirs.next()), 7)).toBe('from us')
    expect(await readText(expectNext(await atOurs.next()), 9)).toBe('from them')
  })

  test('announces a stream by a finish alone', async ({ link }) => {
    const { ours, atTheirs } = await link()
    const mine = await ours.openStream()
    await mine.finish()
    expect(await expectNext(await atTheirs.next()).read()).toBeUndefined()
  })

  test('announces a stream by a reset alone', async ({ link }) => {
    const { ours, atTheirs } = await link()
    const mine = await ours.openStream()
    mine.reset(9)
    await expectFailure(expectNext(await atTheirs.next()).read(), 'reset', 9)
  })

  test('waits at the limit of streams, and loses none', async ({ link }) => {
    const { ours, atTheirs } = await link()
    const open = await Promise.all(Array.from({ length: MAX_STREAMS }, () => ours.openStream()))
    let waiting = true
    const another = ours.openStream().then((stream) => {
      waiting = false
      return stream
    })
    for (const stream of open) await stream.write(encodeText('x'))
    const accepted: ByteStream[] = []
    for (const _ of open) accepted.push(expectNext(await atTheirs.next()))
    for (const stream of accepted) expect(await readText(stream, 1)).toBe('x')
    expect(waiting).toBe(true)
    for (const stream of [...open.slice(0, MAX_STREAMS / 2), ...accepted.slice(0, MAX_STREAMS / 2)]) {
      stream.reset(0)
      stream.stop(0)
    }
    await (await another).write(encodeText('one more'), { finish: true })
    expect(await readText(expectNext(await atTheirs.next()), 8)).toBe('one more')
  })

  test('uses a place at once that becomes free at the limit', async ({ link }) => {
    const { ours, atTheirs } = await link()
    const open = async (): Promise<readonly [mine: ByteStream, yours: ByteStream]> => {
      const mine = await ours.openStream()
      await mine.write(encodeText('x'))
      return [mine, expectNext(await atTheirs.next())]
    }
    const streams: (readonly [ByteStream, ByteStream])[] = []
    while (streams.length < MAX_STREAMS) streams.push(await open())
    for (let i = 0; i < 10; i++) {
      const another = open()
      const [mine, yours] = streams.pop() as readonly [ByteStream, ByteStream]
      await mine.finish()
      expect(await readText(yours, 1)).toBe('x')
      expect(await yours.read()).toBeUndefined()
      await yours.finish()
      expect(await mine.read()).toBeUndefined()
      streams.unshift(await another)
    }
  })

  test('withdraws an `openStream` that waits as soon as its signal aborts', async ({ link }) => {
    const { ours, atTheirs } = await link()
    const open = await Promise.all(Array.from({ length: MAX_STREAMS }, () => ours.openStream()))
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController()
      const reason = new Error('changed my mind')
      const waiting = ours.openStream({ signal: controller.signal })
      controller.abort(reason)
      await expect(waiting).rejects.toBe(reason)
    }
    for (const stream of open) {
      stream.reset(0)
      stream.stop(0)
    }
    // A stream that opens after its `openStream` was withdrawn is disposed of, and holds no place.
    const count = 3 * MAX_STREAMS
    const serve = async (): Promise<void> => {
      for (let answered = 0; answered < count;) {
        const stream = expectNext(await atTheirs.next())
        const request = await stream.read().catch(() => undefined)
        if (request !== undefined) answered++
        stream.stop(0)
        stream.reset(0)
      }
    }
    const call = async (): Promise<void> => {
      const stream = await ours.openStream()
      await stream.write(encodeText('!'), { finish: true })
      await expectFailure(readAll(stream), 'reset')
    }
    await Promise.all([serve(), ...Array.from({ length: count }, call)])
  })

  test('does not open a stream if the signal has aborted', async ({ link }) => {
    const { ours } = await link()
    const reason = new Error('too late')
    await expect(ours.openStream({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('resets and stops streams that arrive after the loop over them was left', async ({ link }) => {
    const { ours, atTheirs } = await link()
    await atTheirs.return?.()
    for (let i = 0; i < 10; i++) {
      const stream = await ours.openStream()
      await stream
        .write(encodeText('anyone?'))
        .catch((error: unknown) => expectFailure(Promise.reject(error), 'stopped'))
      await expectFailure(stream.read(), 'reset')
    }
  })

  test('carries 200 streams under a limit of 100 at a time, each with its own bytes', async ({ link }) => {
    const { ours, atTheirs } = await link()
    const serve = async (): Promise<void> => {
      const served: Promise<void>[] = []
      for (let i = 0; i < 200; i++) {
        const stream = expectNext(await atTheirs.next())
        served.push(readAll(stream).then((bytes) => stream.write(bytes, { finish: true })))
      }
      await Promise.all(served)
    }
    const call = async (i: number): Promise<void> => {
      const stream = await ours.openStream()
      const request = patternedBytes(1 + i * 37, i + 1)
      const [, answer] = await Promise.all([stream.write(request, { finish: true }), readAll(stream)])
      expectSameBytes(answer, request)
    }
    await Promise.all([serve(), ...Array.from({ length: 200 }, (_, i) => call(i))])
  })
}
