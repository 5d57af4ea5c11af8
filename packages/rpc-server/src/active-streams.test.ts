import { RpcError, StatusCode } from '@aster/rpc-core'
import { AbortScope, epochNow } from '@aster/rpc-core/protocol'
import { describe, expect, it, vi } from 'vitest'
import { type ActiveStream, ActiveStreams } from './active-streams.ts'

const reason = new RpcError(StatusCode.UNAVAILABLE, 'enough')

function add(streams: ActiveStreams): ActiveStream & { readonly end: () => void } {
  let end = (): void => {}
  let active: ActiveStream | undefined
  streams.add((stream) => {
    active = stream
    return new Promise((resolve) => (end = resolve))
  })
  return { ...(active as ActiveStream), end: () => end() }
}

/** Returns whether a promise has resolved when all pending work is done. */
async function hasResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false
  void promise.then(() => (resolved = true))
  await new Promise((resolve) => setImmediate(resolve))
  return resolved
}

describe('the streams of a connection', () => {
  it('have room again when one ends', async () => {
    const streams = new ActiveStreams(2)
    const [one] = [add(streams), add(streams)]
    expect(streams.full).toBe(true)
    const room = streams.whenRoom()
    expect(await hasResolved(room)).toBe(false)
    one.setState('answered')
    expect(await hasResolved(room)).toBe(false)
    one.end()
    await room
    expect(streams.full).toBe(false)
  })

  it('always have room, and are refused, after refuse()', async () => {
    const streams = new ActiveStreams(1)
    const [opening, running] = [add(streams), add(streams)]
    running.setState('running')
    const room = streams.whenRoom()
    streams.refuse(reason)
    await room
    expect(opening.scope.reason).toBe(reason)
    expect(add(streams).scope.reason).toBe(reason)
    expect(running.scope.aborted).toBe(false)
    streams.abort(reason)
    expect(running.scope.reason).toBe(reason)
  })

  it('are idle when none runs, and empty when all have ended', async () => {
    const streams = new ActiveStreams(Infinity)
    const [opening, running] = [add(streams), add(streams)]
    running.setState('running')
    const [idle, empty] = [streams.whenIdle(), streams.whenEmpty()]
    expect([await hasResolved(idle), await hasResolved(empty)]).toEqual([false, false])
    running.setState('answered')
    expect([await hasResolved(idle), await hasResolved(empty)]).toEqual([true, false])
    opening.end()
    running.end()
    await empty
  })

  it('are not used by a stream that ends without a header', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const streams = new ActiveStreams(Infinity)
    const times = (): (number | undefined)[] => [streams.idleSince, streams.unusedSince]
    const [opening, called] = [add(streams), add(streams)]
    vi.advanceTimersByTime(1_000)
    called.setState('running')
    expect(times()).toEqual([undefined, undefined])
    vi.advanceTimersByTime(1_000)
    called.setState('answered')
    const answered = epochNow()
    expect(times()).toEqual([answered, undefined])
    vi.advanceTimersByTime(1_000)
    called.end()
    await hasResolved(streams.whenEmpty())
    const used = epochNow()
    vi.advanceTimersByTime(1_000)
    opening.end()
    await streams.whenEmpty()
    expect(times()).toEqual([used, used])
    add(streams)
    expect(times()).toEqual([used, undefined])
    vi.useRealTimers()
  })

  it('know when there was no room', () => {
    vi.useFakeTimers()
    const streams = new ActiveStreams(1)
    const [before, full] = [epochNow() - 1, epochNow()]
    expect(streams.wasFullAt(full)).toBe(false)
    const first = add(streams)
    vi.advanceTimersByTime(60_000)
    expect([before, full, epochNow()].map((time) => streams.wasFullAt(time))).toEqual([false, true, true])
    vi.useRealTimers()
    first.end()
  })

  it('count two periods without room as one if waiting streams fill the room again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const streams = new ActiveStreams(1)
    const times: number[] = []
    const wereFull: boolean[][] = []
    for (const pause of [0, 1_000, 1_001]) {
      vi.advanceTimersByTime(pause)
      times.push(epochNow())
      const stream = add(streams)
      vi.advanceTimersByTime(5_000)
      stream.end()
      await streams.whenEmpty()
      wereFull.push(times.map((time) => streams.wasFullAt(time)))
    }
    expect(wereFull).toEqual([[true], [true, true], [false, false, true]])
    vi.useRealTimers()
  })

  it('are awaited until a signal aborts', async () => {
    const streams = new ActiveStreams(Infinity)
    add(streams).setState('running')
    const scope = new AbortScope()
    const waits = [streams.whenIdle(scope), streams.whenEmpty(scope)]
    expect(await hasResolved(Promise.race(waits))).toBe(false)
    scope.abort(undefined)
    await Promise.all([...waits, streams.whenEmpty(scope)])
  })
})
