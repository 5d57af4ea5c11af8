import { expect } from 'vitest'
import {
  encodeText,
  expectFailure,
  expectNext,
  expectSameBytes,
  patternedBytes,
  readAll,
  readText,
  type TransportSuite,
  writeUntilFailure,
} from './under-test.ts'

const MIB = 1_048_576

/** Registers the cases of bytes, backpressure and the credit for streams. */
export function testBytes({ test }: TransportSuite): void {
  test('reports the clean end at every read after it', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.write(encodeText('bye'), { finish: true })
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('bye')
    for (let i = 0; i < 3; i++) expect(await theirs.read()).toBeUndefined()
  })

  test('continues in one direction after the other has ended', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.finish()
    expect(await theirs.read()).toBeUndefined()
    await theirs.write(encodeText('one'))
    expect(await readText(ours, 3)).toBe('one')
    await theirs.write(encodeText('two'), { finish: true })
    expect(new TextDecoder().decode(await readAll(ours))).toBe('two')
  })

  test('returns no empty pieces, and accepts empty writes', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.write(new Uint8Array(0))
    await ours.write(encodeText('x'))
    await ours.write(new Uint8Array(0), { finish: true })
    expect(await readAll(theirs)).toEqual(encodeText('x'))
  })

  test('copies the bytes of the writer, and returns bytes that belong to the reader', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const written = encodeText('first')
    await ours.write(written)
    written.fill(0)
    await ours.finish()
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('first')
  })

  test('carries a view into a larger buffer', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.write(encodeText('not this, but this, not that').subarray(14, 18), { finish: true })
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('this')
  })

  test('carries large writes byte for byte, in both directions at once', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const [up, down] = [patternedBytes(3 * MIB + 17, 1), patternedBytes(2 * MIB + 1, 2)]
    const [, , received, sent] = await Promise.all([
      ours.write(up, { finish: true }),
      theirs.write(down, { finish: true }),
      readAll(ours),
      readAll(theirs),
    ])
    expectSameBytes(sent, up)
    expectSameBytes(received, down)
  })

  test('carries many small writes in order', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const all = patternedBytes(6_000)
    const write = async (): Promise<void> => {
      for (let at = 0, size = 1; at < all.length; at += size, size = (size % 7) + 1) {
        await ours.write(all.subarray(at, at + size))
      }
      await ours.finish()
    }
    const [received] = await Promise.all([readAll(theirs), write()])
    expectSameBytes(received, all)
  })

  test('makes a writer wait until the peer reads', async ({ link }) => {
    const both = await link()
    const [ours, theirs] = await both.stream()
    const [ping, pong] = await both.stream()
    const all = patternedBytes(6 * MIB)
    const piece = 256 * 1024
    let taken = 0
    const write = async (): Promise<void> => {
      for (; taken < all.length; taken += piece) await ours.write(all.subarray(taken, taken + piece))
      await ours.finish()
    }
    const writing = write()
    // The writer waits if 50 round trips on another stream have seen no progress.
    for (let still = 0, before = -1; still < 50; still = taken === before ? still + 1 : 0) {
      before = taken
      await ping.write(encodeText('.'))
      await pong.write((await pong.read()) ?? encodeText('!'))
      expect(await readText(ping, 1)).toBe('.')
    }
    expect(taken).toBeLessThan(all.length)
    const [received] = await Promise.all([readAll(theirs), writing])
    expectSameBytes(received, all)
  })

  for (const [who, ending] of [
    ['both read to the end', async () => {}],
    ['the consumer stops', async (ours) => ours.stop(1)],
    ['the producer stops', async (_, theirs) => theirs.stop(1)],
  ] as const satisfies readonly (readonly [string, (ours: Stoppable, theirs: Stoppable) => Promise<void>])[]) {
    test(`frees the place of a stream: 1000 streams one after another (${who})`, async ({ link }) => {
      const { ours, atTheirs } = await link()
      for (let i = 0; i < 1000; i++) {
        const mine = await ours.openStream()
        await mine.write(encodeText('request'), { finish: true })
        const yours = expectNext(await atTheirs.next())
        expect(await readText(yours, 7)).toBe('request')
        await yours.write(encodeText('response'))
        expect(await readText(mine, 8)).toBe('response')
        await ending(mine, yours)
        await yours.finish()
        await Promise.all([readAll(mine), readAll(yours)])
      }
    })
  }

  test('frees the place of a stream if the producer stops first and the consumer only finishes', async ({ link }) => {
    const { ours, atTheirs } = await link()
    for (let i = 0; i < 150; i++) {
      const mine = await ours.openStream()
      await mine.write(encodeText('request'))
      const yours = expectNext(await atTheirs.next())
      yours.stop(2)
      await yours.write(encodeText('response'), { finish: true })
      await readAll(mine)
      await mine.finish()
    }
  })

  test('frees the place of a stream if a write meets a stop', async ({ link }) => {
    const { ours, atTheirs } = await link()
    for (let i = 0; i < 150; i++) {
      const mine = await ours.openStream()
      await mine.write(encodeText('request'), { finish: true })
      const yours = expectNext(await atTheirs.next())
      await readAll(yours)
      mine.stop(3)
      await expectFailure(writeUntilFailure(yours), 'stopped', 3)
    }
  })

  test('frees the place of a stream if an answer crosses a stop', async ({ link }) => {
    const { ours, atTheirs } = await link()
    for (let i = 0; i < 400; i++) {
      const mine = await ours.openStream()
      await mine.write(encodeText('request'), { finish: true })
      const yours = expectNext(await atTheirs.next())
      await readAll(yours)
      const answered = yours.write(encodeText('response'), { finish: true })
      mine.stop(3)
      await answered.catch((error: unknown) => expectFailure(Promise.reject(error), 'stopped', 3))
    }
  })
}

interface Stoppable {
  stop(code: number): void
}
