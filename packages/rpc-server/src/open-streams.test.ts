import { RpcError, StatusCode } from '@aster/rpc-core'
import { AbortScope } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { OpenStreams, type ServedStream } from './open-streams.ts'

const reason = new RpcError(StatusCode.UNAVAILABLE, 'enough')

function add(streams: OpenStreams): ServedStream & { readonly end: () => void } {
  let end = (): void => {}
  let served: ServedStream | undefined
  streams.add((stream) => {
    served = stream
    return new Promise((resolve) => (end = resolve))
  })
  return { ...(served as ServedStream), end: () => end() }
}

/** Whether a promise has resolved once everything has gone as far as it can. */
async function hasResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false
  void promise.then(() => (resolved = true))
  await new Promise((resolve) => setImmediate(resolve))
  return resolved
}

describe('the streams of a connection', () => {
  it('have room again when one ends', async () => {
    const streams = new OpenStreams(2)
    const [one] = [add(streams), add(streams)]
    expect(streams.full).toBe(true)
    const room = streams.room()
    expect(await hasResolved(room)).toBe(false)
    one.progress('answered')
    expect(await hasResolved(room)).toBe(false)
    one.end()
    await room
    expect(streams.full).toBe(false)
  })

  it('have any room, and are refused, once that is said', async () => {
    const streams = new OpenStreams(1)
    const [opening, running] = [add(streams), add(streams)]
    running.progress('running')
    const room = streams.room()
    streams.refuse(reason)
    await room
    expect(opening.scope.reason).toBe(reason)
    expect(add(streams).scope.reason).toBe(reason)
    expect(running.scope.aborted).toBe(false)
    streams.abort(reason)
    expect(running.scope.reason).toBe(reason)
  })

  it('are answered when none runs, and gone when all have ended', async () => {
    const streams = new OpenStreams(Infinity)
    const [opening, running] = [add(streams), add(streams)]
    running.progress('running')
    const [answered, gone] = [streams.answered(), streams.gone()]
    expect([await hasResolved(answered), await hasResolved(gone)]).toEqual([false, false])
    running.progress('answered')
    expect([await hasResolved(answered), await hasResolved(gone)]).toEqual([true, false])
    opening.end()
    running.end()
    await gone
  })

  it('are waited for no longer than a signal says', async () => {
    const streams = new OpenStreams(Infinity)
    add(streams).progress('running')
    const scope = new AbortScope()
    const waits = [streams.answered(scope), streams.gone(scope)]
    expect(await hasResolved(Promise.race(waits))).toBe(false)
    scope.abort(undefined)
    await Promise.all([...waits, streams.gone(scope)])
  })
})
