import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deskFor, dialer, good } from '../test/desk.ts'
import { readAll } from '../test/handshake.ts'

describe('a program that ends without closing its connection', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    const left = vi.getTimerCount()
    vi.useRealTimers()
    expect(left).toBe(0)
  })

  /** Is admitted, and keeps its connection open. */
  async function admitted(dial: ReturnType<typeof dialer>, id: string) {
    const visit = dial(id)
    const stream = await visit.consumer.openStream()
    await stream.write(good(), { finish: true })
    const answer = await readAll(stream)
    return { ...visit, answer }
  }

  it('does not count once it has its answer, and is sent away after a second', async () => {
    const { desk, events } = deskFor()
    const dial = dialer(desk)
    const visits = []
    for (let start = 0; start < 50; start++) visits.push(await admitted(dial, 'alice'))
    for (const { answer } of visits) expect(answer).toContain('"admitted":true')
    let gone = 0
    for (const { consumer } of visits) void consumer.closed.then(() => gone++)
    await vi.advanceTimersByTimeAsync(999)
    expect(gone).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(gone).toBe(50)
    for (const { consumer, attended } of visits) {
      await attended
      expect(await consumer.closed).toEqual({ by: 'peer', code: 0, reason: '' })
    }
    expect(events.map(({ decision }) => decision)).toEqual(Array.from({ length: 50 }, () => 'admitted'))
  })

  it('loses its place when all are taken, the oldest first, those of the newcomer before others', async () => {
    const { desk, events } = deskFor({ maxConnections: 3 })
    const dial = dialer(desk)
    const gone: string[] = []
    const watch = ({ consumer }: { consumer: { closed: Promise<unknown> } }, name: string) =>
      void consumer.closed.then(() => gone.push(name))
    for (const name of ['bob', 'alice', 'carol']) watch(await admitted(dial, name), name)
    const again = await admitted(dial, 'alice')
    watch(again, 'alice again')
    expect(gone).toEqual(['alice'])
    watch(await admitted(dial, 'dave'), 'dave')
    expect(gone).toEqual(['alice', 'bob'])
    expect(events.map(({ decision }) => decision)).toEqual(Array.from({ length: 5 }, () => 'admitted'))
    desk.close()
    await again.attended
  })

  it('does not keep its successors out if it ended before it asked', async () => {
    const { desk, events } = deskFor()
    const dial = dialer(desk)
    const silent = Array.from({ length: 4 }, () => dial('alice'))
    for (let start = 0; start < 8; start++) {
      const { consumer, answer } = await admitted(dial, 'alice')
      expect(answer).toContain('"admitted":true')
      consumer.close()
    }
    // Only the oldest connection was replaced.
    expect(events.filter(({ decision }) => decision === 'dropped')).toEqual([
      { peer: 'alice', decision: 'dropped', reason: 'too many admissions of one peer at once' },
    ])
    expect(await silent[0]?.consumer.closed).toMatchObject({ code: 429 })
    desk.close()
    await Promise.all(silent.map(({ attended }) => attended))
  })

  it('and eight replicas of one key at once are all served if they ask again when they are told to', async () => {
    const { desk } = deskFor()
    const dial = dialer(desk)
    const replica = async (): Promise<string | undefined> => {
      for (;;) {
        const { answer, consumer } = await admitted(dial, 'alice').catch(() => ({
          answer: undefined,
          consumer: undefined,
        }))
        if (consumer !== undefined) return answer
        await vi.advanceTimersByTimeAsync(1)
      }
    }
    const answers = await Promise.all(Array.from({ length: 8 }, replica))
    for (const answer of answers) expect(answer).toContain('"admitted":true')
    desk.close()
  })
})
