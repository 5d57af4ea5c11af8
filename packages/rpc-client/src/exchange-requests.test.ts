import { RpcError, StatusCode } from '@aster/rpc-core'
import { describe, expect, it, vi } from 'vitest'
import { exchangeOf, ScriptedWire, source, trailer, turns } from '../test/scripted-wire.ts'

describe('the requests of an exchange', () => {
  it('wait for room', async () => {
    const wire = new ScriptedWire()
    let makeRoom = (): void => {}
    wire.room = new Promise((resolve) => (makeRoom = resolve))
    void exchangeOf('clientStream', wire).sendAll([{ count: 1 }, { count: 2 }])
    await turns()
    expect(wire.log).toEqual(['request 1'])
    makeRoom()
    await turns()
    expect(wire.log).toEqual(['request 1', 'request 2', 'finish'])
  })

  it.each<[string, unknown, object]>([
    ['are no stream', { count: 1 }, { code: StatusCode.INVALID_ARGUMENT }],
    ['do not fit', [{ count: 1 }, { count: 'two' }], { code: StatusCode.INVALID_ARGUMENT }],
    [
      'fail',
      // oxlint-disable-next-line require-yield -- it fails before its first item
      (function* () {
        throw new Error('boom')
      })(),
      { code: StatusCode.CANCELLED, message: 'boom' },
    ],
  ])('end the call when they %s', async (_what, requests, error) => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('clientStream', wire)
    await exchange.sendAll(requests)
    await expect(exchange.response()).rejects.toMatchObject(error)
    expect(wire.log.at(-1)).toMatch(/^cancel /)
  })

  it('are left with the error of the call when it ends first', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('clientStream', wire)
    const requests = source(1)
    void exchange.sendAll(requests)
    wire.arrive(trailer(StatusCode.ABORTED, 'enough'))
    const error = await exchange.response().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: StatusCode.ABORTED })
    expect(requests.left).toEqual([error])
  })

  it('are left at once when the call ended before the first request was read', async () => {
    const reason = new RpcError(StatusCode.CANCELLED, 'early')
    const exchange = exchangeOf('clientStream', new ScriptedWire(), { signal: AbortSignal.abort(reason) })
    const requests = source(1)
    await exchange.sendAll(requests)
    expect(requests.left).toEqual([reason])
  })

  it('are not left when they are complete', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('clientStream', wire)
    const left = vi.fn()
    const requests = { next: async () => ({ done: true }), return: left, [Symbol.asyncIterator]: () => requests }
    await exchange.sendAll(requests)
    await exchange.return()
    expect(left).not.toHaveBeenCalled()
  })

  it('stop when the producer does not take more, and are left once', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('clientStream', wire)
    const requests = source(1)
    wire.isOpen = false
    await exchange.sendAll(requests)
    expect(wire.log).toEqual([])
    expect(requests.left).toEqual([undefined])
    wire.arrive(trailer(StatusCode.ABORTED, 'enough'))
    await expect(exchange.response()).rejects.toMatchObject({ code: StatusCode.ABORTED })
    expect(requests.left).toHaveLength(1)
  })

  it('end the call when the wire broke, even if the caller asks for no response', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('bidiStream', wire)
    const requests = source(1)
    wire.isOpen = false
    wire.failure = new RpcError(StatusCode.UNAVAILABLE, 'lost')
    await exchange.sendAll(requests)
    expect(wire.log).toEqual(['cancel UNAVAILABLE'])
    expect(requests.left).toEqual([wire.failure])
    await expect(exchange.next()).rejects.toBe(wire.failure)
  })

  it('may be promises in an Iterable, and thenables of any kind', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('clientStream', wire)
    await exchange.sendAll([Promise.resolve({ count: 1 }), later({ count: 2 })])
    const steps = [{ done: false, value: { count: 3 } }, { done: true }]
    const requests = { [Symbol.asyncIterator]: () => ({ next: () => later(steps.shift()) }) }
    const other = new ScriptedWire()
    await exchangeOf('clientStream', other).sendAll(requests)
    expect([...wire.log, ...other.log]).toEqual(['request 1', 'request 2', 'finish', 'request 3', 'finish'])
  })
})

/** Returns a thenable that is not a `Promise` of this realm, as Bluebird makes them. */
function later(value: unknown): object {
  // oxlint-disable-next-line unicorn/no-thenable -- what the test is about
  return { then: (resolve: (value: unknown) => void) => void setImmediate(resolve, value) }
}
