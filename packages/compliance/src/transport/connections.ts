import type { Connection } from '@aster/rpc-core'
import { expect } from 'vitest'
import {
  ALPN,
  encodeText,
  expectFailure,
  expectNext,
  expectThrown,
  iterate,
  readText,
  type TransportSuite,
  writeUntilFailure,
} from './under-test.ts'

const SIDES = ['ours', 'theirs'] as const

/** Registers the cases of dialling, listening and closing. */
export function testConnections({ test }: TransportSuite): void {
  test('connects two peers, and proves their ids to each other', async ({ link, consumer, producer, idOf }) => {
    const { ours, theirs } = await link()
    expect(ours.remoteId).toBe(idOf(producer.localAddress))
    expect(theirs.remoteId).toBe(idOf(consumer.localAddress))
    expect([ours.alpn, theirs.alpn]).toEqual([ALPN, ALPN])
  })

  test('carries several connections at a time', async ({ link }) => {
    const links = [await link(), await link(), await link()]
    const pairs = await Promise.all(links.map((each) => each.stream()))
    for (const [i, [ours]] of pairs.entries()) await ours.write(encodeText(`number ${i}`))
    const texts = await Promise.all(pairs.map(([, theirs]) => readText(theirs, 8)))
    expect(texts).toEqual(['number 0', 'number 1', 'number 2'])
  })

  test('refuses a protocol that the peer does not listen for, and goes on listening', async ({
    consumer,
    producer,
    link,
  }) => {
    await link()
    await expectFailure(consumer.connect(producer.localAddress, { alpn: 'something-else/1' }), 'unreachable')
    await (await link()).stream()
  })

  test('stops dialling a peer that does not answer as soon as the signal aborts', async ({ consumer, nobody }) => {
    const controller = new AbortController()
    const reason = new Error('not today')
    const dialled = consumer.connect(nobody, { alpn: ALPN, signal: controller.signal })
    controller.abort(reason)
    await expect(dialled).rejects.toBe(reason)
  })

  test('does not dial if the signal has aborted', async ({ consumer, producer }) => {
    const reason = new Error('too late')
    const signal = AbortSignal.abort(reason)
    await expect(consumer.connect(producer.localAddress, { alpn: ALPN, signal })).rejects.toBe(reason)
  })

  for (const closer of SIDES) {
    test(`tells both sides how it was closed (${closer})`, async ({ link }) => {
      const both = await link()
      both[closer].close(403, 'not admitted: "é"')
      for (const side of SIDES) {
        const by = side === closer ? 'local' : 'peer'
        expect(await both[side].closed).toEqual({ by, code: 403, reason: 'not admitted: "é"' })
      }
    })

    test(`has resolved \`closed\` when the streams fail (${closer})`, async ({ link }) => {
      const both = await link()
      const [quiet, full] = [await both.stream(), await both.stream()]
      const closed = [false, false]
      for (const [i, side] of SIDES.entries()) void both[side].closed.then(() => (closed[i] = true))
      const pending = SIDES.flatMap((_, i) =>
        [quiet[i]?.read(), full[i] && writeUntilFailure(full[i], 100_000)].map(async (each) => {
          await expectFailure(each as Promise<unknown>, 'closed', 7)
          return closed[i]
        }),
      )
      both[closer].close(7)
      expect(await Promise.all(pending)).toEqual([true, true, true, true])
    })

    test(`fails all pending operations when the connection is closed (${closer})`, async ({ link }) => {
      const both = await link()
      const [ours, theirs] = await both.stream()
      const [blocked, unread] = await both.stream()
      const pending = [
        ours.read(),
        theirs.read(),
        writeUntilFailure(blocked, 100_000),
        writeUntilFailure(unread, 100_000),
      ]
      const incoming = [both.atOurs.next(), both.atTheirs.next()]
      both[closer].close(7, 'enough')
      await Promise.all(pending.map((each) => expectFailure(each, 'closed', 7)))
      for (const end of incoming) expect((await end).done).toBe(true)
      for (const stream of [ours, theirs]) {
        await expectFailure(stream.read(), 'closed', 7)
        await expectFailure(stream.write(encodeText('more')), 'closed', 7)
      }
      for (const side of SIDES) await expectFailure(both[side].openStream(), 'closed', 7)
    })
  }

  test('delivers finished streams if the connection is flushed before it is closed', async ({ link }) => {
    const both = await link()
    const pairs = await Promise.all(Array.from({ length: 32 }, () => both.stream()))
    const bytes = new Uint8Array(8_192).fill(7)
    const received = Promise.all(pairs.map(([ours]) => readText(ours, bytes.length)))
    await Promise.all(pairs.map(([, theirs]) => theirs.write(bytes, { finish: true })))
    await both.theirs.flush?.()
    both.theirs.close()
    expect(await both.ours.closed).toMatchObject({ by: 'peer', code: 0 })
    for (const text of await received) expect(text).toHaveLength(bytes.length)
  })

  test('resolves `flush` at once on a connection that is gone', async ({ link }) => {
    const { ours, theirs } = await link()
    ours.close()
    await Promise.all([ours.flush?.(), theirs.flush?.()])
  })

  test('closes with code 0 and no reason unless told otherwise', async ({ link }) => {
    const { ours, theirs } = await link()
    ours.close()
    expect(await theirs.closed).toEqual({ by: 'peer', code: 0, reason: '' })
  })

  test('is closed once: later calls of `close` change nothing', async ({ link }) => {
    const { ours, theirs } = await link()
    ours.close(1, 'first')
    ours.close(2, 'second')
    expect(await ours.closed).toEqual({ by: 'local', code: 1, reason: 'first' })
    expect(await theirs.closed).toEqual({ by: 'peer', code: 1, reason: 'first' })
    theirs.close(3, 'third')
    expect((await theirs.closed).code).toBe(1)
  })

  test('does not open a stream on a connection that is gone, with or without a signal', async ({ link }) => {
    const { ours } = await link()
    ours.close(5)
    await expectFailure(ours.openStream({ signal: new AbortController().signal }), 'closed', 5)
  })

  test('ends everything when the transport is closed', async ({ link, consumer, producer }) => {
    const { ours, theirs } = await link()
    const second = await link()
    await producer.close()
    for (const each of [ours, second.ours]) expect(await each.closed).toEqual({ by: 'peer', code: 0, reason: '' })
    for (const each of [theirs, second.theirs]) expect(await each.closed).toEqual({ by: 'local', code: 0, reason: '' })
    await producer.close()
    await expectFailure(producer.connect(consumer.localAddress, { alpn: ALPN }), 'closed')
    await expectThrown(() => producer.listen({ alpns: [ALPN] }), 'closed')
  })

  test('ends `listen` when the transport is closed', async ({ producer }) => {
    const listening = iterate(producer.listen({ alpns: [ALPN] }))
    const next = listening.next()
    await producer.close()
    expect((await next).done).toBe(true)
    expect((await listening.next()).done).toBe(true)
  })

  test('ends `listen` with an error if it breaks before the transport is closed', async ({
    producer,
    breakListener,
    skip,
  }) => {
    if (breakListener === undefined) return skip('its listener cannot be broken on demand')
    const listening = iterate(producer.listen({ alpns: [ALPN] }))
    const ended = expectFailure(
      (async () => {
        while ((await listening.next()).done !== true) continue
      })(),
      'lost',
    )
    await breakListener()
    await ended
  })

  test('refuses peers that dial after the loop over `listen` was left', async ({ consumer, producer }) => {
    const listening = iterate(producer.listen({ alpns: [ALPN] }))
    await consumer.connect(producer.localAddress, { alpn: ALPN })
    expectNext(await listening.next())
    await listening.return?.()
    const refused = await consumer.connect(producer.localAddress, { alpn: ALPN }).then(
      async (connection: Connection) => (await connection.closed).by === 'peer',
      () => true,
    )
    expect(refused).toBe(true)
  })

  test('allows one call of `listen`, and one iteration of the streams of a connection', async ({ link, producer }) => {
    const { ours } = await link()
    await expectThrown(() => ours.incomingStreams(), 'misuse')
    await expectThrown(() => producer.listen({ alpns: [ALPN] }), 'misuse')
  })

  test('fails all pending operations when the connection is lost', async ({ link, lose, skip }) => {
    if (lose === undefined) return skip('it cannot lose a connection on demand')
    const both = await link()
    const [ours, theirs] = await both.stream()
    const pending = [ours.read(), theirs.read()]
    lose(both.ours)
    await Promise.all(pending.map((each) => expectFailure(each, 'lost')))
    for (const side of SIDES) {
      expect((await both[side].closed).by).toBe('network')
      await expectFailure(both[side].openStream(), 'lost')
    }
    await expectFailure(ours.write(encodeText('more')), 'lost')
  })
}
