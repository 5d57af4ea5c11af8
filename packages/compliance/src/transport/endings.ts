import { expect } from 'vitest'
import { bytesOf, failure, readAll, readText, type Suite, thrown, writeForEver } from './under-test.ts'

const CODES = [0, 1, 2 ** 32 + 5]

/** Reset and stop, and the rules of use. */
export function endings({ test }: Suite): void {
  for (const code of CODES) {
    test(`tells a reader of a reset, again and again (code ${code})`, async ({ link }) => {
      const [ours, theirs] = await (await link()).stream()
      const reading = theirs.read()
      ours.reset(code)
      await failure(reading, 'reset', code)
      await failure(theirs.read(), 'reset', code)
    })

    test(`tells a writer of a stop, again and again (code ${code})`, async ({ link }) => {
      const [ours, theirs] = await (await link()).stream()
      theirs.stop(code)
      await failure(writeForEver(ours), 'stopped', code)
      await failure(ours.write(bytesOf('more')), 'stopped', code)
    })
  }

  test('tells a writer that waits of a stop', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const writing = writeForEver(ours, 100_000)
    await readText(theirs, 1)
    theirs.stop(4)
    await failure(writing, 'stopped', 4)
  })

  test('leaves the other direction alone', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    ours.reset(1)
    await failure(theirs.read(), 'reset', 1)
    await theirs.write(bytesOf('all the same'), { finish: true })
    expect(new TextDecoder().decode(await readAll(ours))).toBe('all the same')
  })

  test('reaches a peer that waits when a call is cancelled by stop and reset', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const [mine, yours] = [ours.read(), theirs.read()]
    ours.stop(1)
    ours.reset(1)
    expect(await mine).toBeUndefined()
    await failure(yours, 'reset', 1)
    await failure(writeForEver(theirs), 'stopped', 1)
  })

  test('ends a pending read at once when it is stopped, and tells the peer with its next bytes', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const reading = ours.read()
    ours.stop(6)
    expect(await reading).toBeUndefined()
    expect(await ours.read()).toBeUndefined()
    await failure(writeForEver(theirs), 'stopped', 6)
    await ours.write(bytesOf('the other direction lives'))
    expect(await readText(theirs, 25)).toBe('the other direction lives')
  })

  test('ends a write that waits at once when it is reset', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const writing = writeForEver(ours, 100_000)
    await readText(theirs, 1)
    ours.reset(8)
    await failure(writing, 'reset', 8)
    await failure(ours.write(bytesOf('more')), 'reset', 8)
    await failure(readAll(theirs), 'reset', 8)
  })

  test('does nothing when a half that has ended is ended again', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.write(bytesOf('whole'), { finish: true })
    ours.reset(1)
    await ours.finish()
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('whole')
    theirs.stop(2)
    theirs.stop(3)
    expect(await theirs.read()).toBeUndefined()
    theirs.reset(4)
    theirs.reset(5)
    await theirs.finish()
    await failure(ours.read(), 'reset', 4)
    ours.stop(6)
    await failure(ours.read(), 'reset', 4)
  })

  test('does nothing when a half is ended on a connection that is gone', async ({ link }) => {
    const { ours, stream } = await link()
    const [mine] = await stream()
    ours.close(1)
    mine.reset(2)
    mine.stop(2)
    expect((await ours.closed).code).toBe(1)
  })

  test('refuses a second read beside the first, which goes on', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const first = theirs.read()
    await failure(theirs.read(), 'misuse')
    await ours.write(bytesOf('!'))
    expect(new TextDecoder().decode(await first)).toBe('!')
  })

  test('refuses a second write or a finish beside a write, which goes on', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const first = ours.write(bytesOf('first'))
    await Promise.all([failure(ours.write(bytesOf('second')), 'misuse'), failure(ours.finish(), 'misuse'), first])
    await ours.write(bytesOf(' third'), { finish: true })
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('first third')
  })

  test('refuses a write after the finish', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.finish()
    await failure(ours.write(bytesOf('late')), 'misuse')
    expect(await readAll(theirs)).toEqual(new Uint8Array(0))
  })

  test('refuses codes that QUIC does not carry', async ({ link }) => {
    const { ours, stream } = await link()
    const [mine] = await stream()
    for (const code of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await thrown(() => mine.reset(code), 'misuse')
      await thrown(() => mine.stop(code), 'misuse')
      await thrown(() => ours.close(code), 'misuse')
    }
  })
}
