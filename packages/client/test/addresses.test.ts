// The distribution of calls over several producers, over memory.
import { defineService, implement, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { CounterService, counterService, echoService } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LittleProducer } from './little-producer.ts'
import { answersOf, ManyProducers } from './many-producers.ts'

let many: ManyProducers
beforeEach(() => void (many = new ManyProducers()))
afterEach(async () => {
  vi.useRealTimers()
  await many.close()
})

const laterService = implement(defineService({ name: 'Later', methods: {} }), {})

const sorted = (text: string): string => text.split('').sort().join('')

describe('pick-first', () => {
  it('asks and calls the first alone', async () => {
    const all = many.make(3)
    const { echo, seen } = await many.connect(all)
    expect(await answersOf(echo, 5)).toBe('00000')
    expect(all.map(({ asked, connected }) => [asked, connected])).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ])
    expect(seen.events).toEqual(['admitted #0'])
  })

  it('takes the next if the first cannot be reached, refuses, or does not answer', async () => {
    const [gone, refusing, silent, last] = many.make(4) as [
      LittleProducer,
      LittleProducer,
      LittleProducer,
      LittleProducer,
    ]
    await gone.stop()
    refusing.admits = false
    many.network.silence(silent.endpointId)
    const { echo, seen } = await many.connect([gone, refusing, silent, last], { connectTimeoutMs: 1_000 })
    expect(await answersOf(echo, 2)).toBe('33')
    expect(seen.events).toEqual(['admitted #3'])
    await expect
      .poll(() => seen.warnings)
      .toEqual([
        expect.stringContaining('cannot reach the producer #0'),
        expect.stringContaining('consumer admission denied'),
        expect.stringMatching(/cannot reach the producer #2 .*: no answer within \d+ ms/),
      ])
  })

  it('goes to the next when the connection is lost, and stays there', async () => {
    const all = many.make(2)
    const { echo, seen, client } = await many.connect(all)
    expect(await answersOf(echo, 1)).toBe('0')
    await all[0]?.stop()
    expect(await answersOf(echo, 2)).toBe('11')
    all[0]?.start()
    expect(await answersOf(echo, 2)).toBe('11')
    expect(seen.events).toEqual(['admitted #0', 'lost #0', 'admitted #1'])
    expect(client.state).toBe('connected')
  })

  it('tries the next in parallel with one that takes long, for connecting and for calls', async () => {
    const [silent, good] = many.make(2) as [LittleProducer, LittleProducer]
    many.network.silence(silent.endpointId)
    const { echo, client } = await many.connect([silent, good], { connectTimeoutMs: 60_000 })
    expect(await answersOf(echo, 1)).toBe('1')
    const loss = new Promise<void>((resolve) => client.on('lost', () => resolve()))
    good.drop()
    await loss
    expect(await answersOf(echo, 1)).toBe('1')
  })

  it('goes back when the other is lost too', async () => {
    const all = many.make(2)
    const { echo, seen } = await many.connect(all)
    await answersOf(echo, 1)
    await all[0]?.stop()
    expect(await answersOf(echo, 1)).toBe('1')
    all[0]?.start()
    await all[1]?.stop()
    expect(await answersOf(echo, 2)).toBe('00')
    expect(seen.events).toEqual(['admitted #0', 'lost #0', 'admitted #1', 'lost #1', 'readmitted #0', 'reconnected #0'])
  })

  it('fails with all reasons if none can be reached, and recovers by itself', async () => {
    const all = many.make(2)
    const { echo, client, seen } = await many.connect(all)
    await answersOf(echo, 1)
    for (const one of all) await one.stop()
    const error = await echo.echo({}).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    for (const { endpointId } of all) expect(String(error)).toContain(endpointId)
    expect(client.state).toBe('lost')
    all[1]?.start()
    expect(await answersOf(echo, 1)).toBe('1')
    expect(client.state).toBe('connected')
    expect(seen.events).toEqual(['admitted #0', 'lost #0', 'admitted #1'])
  })
})

describe('round-robin', () => {
  it('calls all in turn', async () => {
    const all = many.make(3)
    const { echo, admitted } = await many.connect(all, { policy: 'round-robin' })
    await admitted
    const answers = await answersOf(echo, 9)
    expect(sorted(answers)).toBe('000111222')
    expect(answers.slice(0, 3)).toBe(answers.slice(3, 6))
  })

  it('is connected when one has admitted, and the others join', async () => {
    const all = many.make(2)
    many.network.silence(all[0]?.endpointId ?? '')
    const { echo, client } = await many.connect(all, { policy: 'round-robin' })
    expect(await answersOf(echo, 3)).toBe('111')
    expect(client.state).toBe('connected')
  })

  it('skips one that is lost, and uses it again when it is back', async () => {
    const all = many.make(2)
    const { echo, admitted, client, seen } = await many.connect(all, { policy: 'round-robin' })
    await admitted
    await answersOf(echo, 2)
    await all[1]?.stop()
    expect(await answersOf(echo, 4)).toBe('0000')
    expect(client.state).toBe('connected')
    all[1]?.start()
    const back = new Promise<void>((resolve) => client.on('reconnected', () => resolve()))
    // Each call also starts a connect to the lost producer in the background.
    const calls: Promise<unknown>[] = []
    const calling = setInterval(() => calls.push(echo.echo({})), 5)
    await back
    clearInterval(calling)
    await Promise.all(calls)
    expect(sorted(await answersOf(echo, 4))).toBe('0011')
    expect(seen.events.slice(2)).toEqual(['lost #1', 'readmitted #1', 'reconnected #1'])
  })

  it('skips one that answers UNAVAILABLE to five calls in a row, and no call waits for it', async () => {
    let draining = false
    const drain: Interceptor = async (call, next) => {
      if (draining) throw new RpcError(StatusCode.UNAVAILABLE, 'draining')
      return next(call)
    }
    const [draining0] = many.make(1, [drain]) as [LittleProducer]
    const all = [draining0, ...many.make(2).slice(1)]
    const { echo, admitted } = await many.connect(all, { policy: 'round-robin' })
    await admitted
    await answersOf(echo, 2)
    // The clock stands still, so the backoff does not end.
    vi.useFakeTimers({ toFake: ['performance'] })
    draining = true
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        echo.echo({}).then(
          ({ text }) => text,
          (error: RpcError) => error.codeName,
        ),
      ),
    )
    expect(outcomes.sort()).toEqual([...Array(5).fill('1'), ...Array(5).fill('UNAVAILABLE')])
    expect(await answersOf(echo, 4)).toBe('1111')
    draining = false
    vi.advanceTimersByTime(100)
    expect(sorted(await answersOf(echo, 4))).toBe('0011')
  })

  it.each([
    ['lacks a service', [echoService()], 'it lacks Counter v2 (session)'],
    ['has one more', [echoService(), counterService(), laterService], 'it has Later v1 (shared)'],
  ])('skips one that %s and says so, until no other works', async (_what, services, difference) => {
    const [good, other] = many.make(2) as [LittleProducer, LittleProducer]
    await other.stop()
    const { echo, seen, client } = await many.connect([good, other], { policy: 'round-robin' })
    other.start({ services })
    // A call starts the next connect when the backoff is over.
    await expect
      .poll(async () => (await answersOf(echo, 1)) + seen.warnings.at(-1))
      .toBe(`0the producer #1 does not offer what #0 does: ${difference}`)
    expect(await answersOf(echo, 4)).toBe('0000')
    await good.stop()
    expect(await echo.echo({ text: 'hi' })).toEqual({ text: 'hi', count: 0 })
    expect(client.services).toHaveLength(services.length)
  })
})

describe('least-pending', () => {
  it('calls the one with the fewest running calls and sessions', async () => {
    const all = many.make(2)
    const { client, echo, admitted } = await many.connect(all, { policy: 'least-pending' })
    await admitted
    expect(sorted(await answersOf(echo, 4))).toBe('0011')
    const session = await client.session(CounterService)
    await session.add({})
    expect(new Set(await answersOf(echo, 4)).size).toBe(1)
    await session.close()
    expect(new Set(await answersOf(echo, 4)).size).toBe(2)
  })
})
