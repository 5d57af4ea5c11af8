import type { ByteStream } from '@aster/rpc-core'
import { expect } from 'vitest'
import {
  encodeText,
  expectFailure,
  expectNext,
  expectSameBytes,
  expectThrown,
  MAX_STREAMS,
  patternedBytes,
  readAll,
  readText,
  type TransportSuite,
} from './under-test.ts'

/** Returns a waiter that counts its calls, and a promise of the next one. */
function createWaiter() {
  let tell = (): void => {}
  const told = new Promise<void>((resolve) => (tell = resolve))
  const waiter = {
    count: 0,
    told,
    onReadable(): void {
      waiter.count += 1
      tell()
    },
  }
  return waiter
}

/** Returns the first result of `tryRead` that is not `undefined`. */
async function pollRead(stream: Polled): Promise<Uint8Array | null> {
  for (;;) {
    const waiter = createWaiter()
    const bytes = stream.tryRead(waiter)
    if (bytes !== undefined) return bytes
    await waiter.told
  }
}

/** Returns the first result of `tryReadInto` that is not `undefined`. */
async function pollReadInto(stream: ReadingInto, into: Uint8Array): Promise<number | null> {
  for (;;) {
    const waiter = createWaiter()
    const count = stream.tryReadInto(waiter, into)
    if (count !== undefined) return count
    await waiter.told
  }
}

type ReadingInto = Pick<Required<ByteStream>, 'tryReadInto'>

function readsInto(stream: ByteStream): stream is ByteStream & ReadingInto {
  return stream.tryReadInto !== undefined
}

type Polled = Pick<Required<ByteStream>, 'tryRead'>

function isPolled(stream: ByteStream): stream is ByteStream & Polled {
  return stream.tryRead !== undefined
}

/** Registers the cases of `tryRead`, `tryReadInto`, `tryWrite` and `tryOpenStream`, which are skipped if the transport lacks them. */
export function testWithoutPromises({ test }: TransportSuite): void {
  test('wakes a waiter once when bytes arrive, and reports the end at every read after it', async ({ link, skip }) => {
    const [ours, theirs] = await (await link()).stream()
    if (!isPolled(theirs)) return skip('streams are read by read() alone')
    const [replaced, waiter] = [createWaiter(), createWaiter()]
    expect(theirs.tryRead(replaced)).toBeUndefined()
    expect(theirs.tryRead(waiter)).toBeUndefined()
    await ours.write(encodeText('x'))
    await waiter.told
    expect(theirs.tryRead(createWaiter())).toEqual(encodeText('x'))
    await ours.write(encodeText('bye'), { finish: true })
    let text = ''
    for (let bytes; (bytes = await pollRead(theirs)) !== null;) text += new TextDecoder().decode(bytes)
    expect(text).toBe('bye')
    for (let i = 0; i < 3; i++) expect(theirs.tryRead(createWaiter())).toBeNull()
    expect([replaced.count, waiter.count]).toEqual([0, 1])
  })

  test('wakes a waiter at a reset and at the end of the connection, and throws at every read after it', async ({
    link,
    skip,
  }) => {
    const both = await link()
    const [ours, theirs] = await both.stream()
    const [, other] = await both.stream()
    if (!isPolled(theirs) || !isPolled(other)) return skip('streams are read by read() alone')
    ours.reset(7)
    await expectFailure(pollRead(theirs), 'reset', 7)
    await expectThrown(() => theirs.tryRead(createWaiter()), 'reset')
    const waiter = createWaiter()
    expect(other.tryRead(waiter)).toBeUndefined()
    both.ours.close(5)
    await waiter.told
    for (let i = 0; i < 2; i++) await expectThrown(() => other.tryRead(createWaiter()), 'closed')
  })

  test('wakes a waiter when this side stops, but not within the call of `stop`', async ({ link, skip }) => {
    const [, theirs] = await (await link()).stream()
    if (!isPolled(theirs)) return skip('streams are read by read() alone')
    const waiter = createWaiter()
    expect(theirs.tryRead(waiter)).toBeUndefined()
    theirs.stop(3)
    expect(waiter.count).toBe(0)
    await waiter.told
    expect(theirs.tryRead(createWaiter())).toBeNull()
  })

  test('reads into memory of the reader, between other reads', async ({ link, skip }) => {
    const [ours, theirs] = await (await link()).stream()
    if (!readsInto(theirs)) return skip('bytes are read to memory of the transport alone')
    const bytes = patternedBytes(1 << 20, 3)
    const writing = ours.write(bytes, { finish: true })
    const received = new Uint8Array(bytes.length + 1)
    let at = 0
    for (let i = 0; ; i++) {
      const into = received.subarray(at, at + 1 + ((i * 7919) % 100_000))
      const piece = i % 3 === 2 ? await theirs.read(into.length) : undefined
      if (piece !== undefined) into.set(piece)
      const count = piece?.length ?? (await pollReadInto(theirs, into))
      if (count === null) break
      expect(count).toBeGreaterThan(0)
      expect(count).toBeLessThanOrEqual(into.length)
      at += count
    }
    await writing
    expectSameBytes(received.subarray(0, at), bytes)
    expect(theirs.tryReadInto(createWaiter(), received)).toBeNull()
  })

  test('tells how many bytes can be read at once, also while a waiter is called', async ({ link, skip }) => {
    const [ours, theirs] = await (await link()).stream()
    if (!readsInto(theirs) || theirs.readableBytes === undefined)
      return skip('the number of bytes that can be read is unknown')
    const bytes = patternedBytes(4 << 20, 5)
    const writing = ours.write(bytes, { finish: true })
    const received = new Uint8Array(bytes.length)
    const told: [readable: number, read: number][] = []
    let at = 0
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        onReadable() {
          try {
            for (;;) {
              const readable = theirs.readableBytes ?? Number.NaN
              const count = theirs.tryReadInto(waiter, received.subarray(at, at + 200_000))
              if (count === undefined) return
              if (count === null) return resolve()
              told.push([readable, count])
              at += count
              if (at === bytes.length) return resolve()
            }
          } catch (error) {
            reject(error)
          }
        },
      }
      waiter.onReadable()
    })
    await writing
    expectSameBytes(received.subarray(0, at), bytes)
    expect(told.filter(([readable, read]) => !(read <= readable))).toEqual([])
  })

  test('writes no more into memory of the reader than it reports', async ({ link, skip }) => {
    const [ours, theirs] = await (await link()).stream()
    if (!readsInto(theirs)) return skip('bytes are read to memory of the transport alone')
    await ours.write(encodeText('x'))
    const into = new Uint8Array(10)
    expect(await pollReadInto(theirs, into)).toBe(1)
    const waiter = createWaiter()
    expect(theirs.tryReadInto(waiter, into.subarray(1))).toBeUndefined()
    ours.reset(7)
    await waiter.told
    await expectThrown(() => theirs.tryReadInto(createWaiter(), into), 'reset')
    theirs.stop(1)
    expect([...into]).toEqual([0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  test('takes bytes at once if all of them fit, and none otherwise', async ({ link, skip }) => {
    const [ours, theirs] = await (await link()).stream()
    if (ours.tryWrite === undefined) return skip('streams are written by write() alone')
    const piece = patternedBytes(10_000)
    const reused = piece.slice()
    let taken = 0
    while (taken < 1_000 && ours.tryWrite(reused)) {
      // The caller may change bytes that were taken.
      reused.fill(0)
      reused.set(piece)
      taken++
    }
    expect(taken).toBeGreaterThan(0)
    expect(taken, 'writes that the peer does not read').toBeLessThan(1_000)
    const finished = ours.write(new Uint8Array(0), { finish: true })
    const all = await readAll(theirs)
    await finished
    expect(all.length).toBe(taken * piece.length)
    for (let i = 0; i < taken; i++) {
      const at = i * piece.length
      expectSameBytes(all.subarray(at, at + piece.length), piece)
    }
    expect(ours.tryWrite(piece)).toBe(false)
  })

  test('finishes with bytes that it takes at once', async ({ link, skip }) => {
    const [ours, theirs] = await (await link()).stream()
    if (ours.tryWrite === undefined) return skip('streams are written by write() alone')
    expect(ours.tryWrite(encodeText('bye'), { finish: true })).toBe(true)
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('bye')
  })

  test('opens streams at once while the peer allows more, and none on a connection that is gone', async ({
    link,
    skip,
  }) => {
    const { ours, atTheirs } = await link()
    if (ours.tryOpenStream === undefined) return skip('streams are opened by openStream() alone')
    // The first stream may have to wait, if the limit of the peer has not arrived yet.
    const first = await ours.openStream()
    await first.write(encodeText('first'))
    expect(await readText(expectNext(await atTheirs.next()), 5)).toBe('first')
    const second = ours.tryOpenStream()
    await second?.write(encodeText('second'))
    if (second !== undefined) expect(await readText(expectNext(await atTheirs.next()), 6)).toBe('second')
    let opened = 1
    while (opened < 2 * MAX_STREAMS && ours.tryOpenStream() !== undefined) opened++
    expect(opened).toBeLessThan(MAX_STREAMS + 1)
    ours.close()
    expect(ours.tryOpenStream()).toBeUndefined()
  })
}
