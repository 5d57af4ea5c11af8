import { expect } from 'vitest'
import {
  encodeText,
  expectFailure,
  expectThrown,
  readAll,
  readText,
  type TransportSuite,
  writeUntilFailure,
} from './under-test.ts'

const CODES = [0, 1, 2 ** 32 + 5]

/** Registers the cases of reset and stop, and of misuse. */
export function testEndings({ test }: TransportSuite): void {
  for (const code of CODES) {
    test(`fails every read after a reset (code ${code})`, async ({ link }) => {
      const [ours, theirs] = await (await link()).stream()
      const reading = theirs.read()
      ours.reset(code)
      await expectFailure(reading, 'reset', code)
      await expectFailure(theirs.read(), 'reset', code)
    })

    test(`fails every write after a stop (code ${code})`, async ({ link }) => {
      const [ours, theirs] = await (await link()).stream()
      theirs.stop(code)
      await expectFailure(writeUntilFailure(ours), 'stopped', code)
      await expectFailure(ours.write(encodeText('more')), 'stopped', code)
    })
  }

  test('fails a write that waits when the peer stops', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const writing = writeUntilFailure(ours, 100_000)
    await readText(theirs, 1)
    theirs.stop(4)
    await expectFailure(writing, 'stopped', 4)
  })

  test('does not affect the other direction', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    ours.reset(1)
    await expectFailure(theirs.read(), 'reset', 1)
    await theirs.write(encodeText('all the same'), { finish: true })
    expect(new TextDecoder().decode(await readAll(ours))).toBe('all the same')
  })

  test('wakes a peer that waits when a call is cancelled by stop and reset', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const [mine, yours] = [ours.read(), theirs.read()]
    ours.stop(1)
    ours.reset(1)
    expect(await mine).toBeUndefined()
    await expectFailure(yours, 'reset', 1)
    await expectFailure(writeUntilFailure(theirs), 'stopped', 1)
  })

  test('ends a pending read at once when the half is stopped, and fails the next write of the peer', async ({
    link,
  }) => {
    const [ours, theirs] = await (await link()).stream()
    const reading = ours.read()
    ours.stop(6)
    expect(await reading).toBeUndefined()
    expect(await ours.read()).toBeUndefined()
    await expectFailure(writeUntilFailure(theirs), 'stopped', 6)
    await ours.write(encodeText('the other direction lives'))
    expect(await readText(theirs, 25)).toBe('the other direction lives')
  })

  test('ends a write that waits at once when the half is reset', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const writing = writeUntilFailure(ours, 100_000)
    await readText(theirs, 1)
    ours.reset(8)
    await expectFailure(writing, 'reset', 8)
    await expectFailure(ours.write(encodeText('more')), 'reset', 8)
    await expectFailure(readAll(theirs), 'reset', 8)
  })

  test('does nothing when a half that has ended is ended again', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.write(encodeText('whole'), { finish: true })
    ours.reset(1)
    await ours.finish()
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('whole')
    theirs.stop(2)
    theirs.stop(3)
    expect(await theirs.read()).toBeUndefined()
    theirs.reset(4)
    theirs.reset(5)
    await theirs.finish()
    await expectFailure(ours.read(), 'reset', 4)
    ours.stop(6)
    await expectFailure(ours.read(), 'reset', 4)
  })

  test('does nothing when a half is ended on a connection that is gone', async ({ link }) => {
    const { ours, stream } = await link()
    const [mine] = await stream()
    ours.close(1)
    mine.reset(2)
    mine.stop(2)
    expect((await ours.closed).code).toBe(1)
  })

  test('refuses a second read while one is pending, which continues', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const first = theirs.read()
    await expectFailure(theirs.read(), 'misuse')
    await ours.write(encodeText('!'))
    expect(new TextDecoder().decode(await first)).toBe('!')
  })

  test('refuses a second write or a finish while a write is pending, which continues', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    const first = ours.write(encodeText('first'))
    await Promise.all([
      expectFailure(ours.write(encodeText('second')), 'misuse'),
      expectFailure(ours.finish(), 'misuse'),
      first,
    ])
    await ours.write(encodeText(' third'), { finish: true })
    expect(new TextDecoder().decode(await readAll(theirs))).toBe('first third')
  })

  test('refuses a write after the finish', async ({ link }) => {
    const [ours, theirs] = await (await link()).stream()
    await ours.finish()
    await expectFailure(ours.write(encodeText('late')), 'misuse')
    expect(await readAll(theirs)).toEqual(new Uint8Array(0))
  })

  test('refuses codes that QUIC does not carry', async ({ link }) => {
    const { ours, stream } = await link()
    const [mine] = await stream()
    for (const code of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expectThrown(() => mine.reset(code), 'misuse')
      await expectThrown(() => mine.stop(code), 'misuse')
      await expectThrown(() => ours.close(code), 'misuse')
    }
  })
}
