import { RpcError, StatusCode } from '@aster/rpc-core'
import { FrameFlag } from '@aster/rpc-core/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type Arrival,
  callOf,
  collect,
  countOf,
  exchangeOf,
  format,
  response,
  ScriptedWire,
  source,
  trailer,
  turns,
} from '../test/scripted-wire.ts'
import { Exchange } from './exchange.ts'
import { transmitter } from './transmit.ts'
import type { Wire, WireOpener } from './wire.ts'

describe('transmitter', () => {
  const openerOf = (wire: Wire, opened: unknown[]): WireOpener => ({
    format,
    peerId: '',
    async open(_call, request) {
      opened.push(request === undefined ? undefined : countOf(request))
      return wire
    },
  })

  it.each(['unary', 'serverStream'] as const)('opens the wire of a %s call with its only request', async (kind) => {
    const wire = new ScriptedWire()
    const opened: unknown[] = []
    wire.arrive(response(1), trailer())
    const outcome = await transmitter(openerOf(wire, opened))(callOf(kind, { request: { count: 7 } }))
    expect(opened).toEqual([7])
    if (kind === 'unary') expect(outcome).toEqual({ count: 1 })
    else expect(await collect(outcome as Exchange)).toEqual([{ count: 1 }])
    expect(wire.log).toEqual(['done OK'])
  })

  it.each(['clientStream', 'bidiStream'] as const)(
    'sends the requests of a %s call behind its header',
    async (kind) => {
      const wire = new ScriptedWire()
      const opened: unknown[] = []
      const outcome = transmitter(openerOf(wire, opened))(callOf(kind, { request: [{ count: 1 }, { count: 2 }] }))
      await turns()
      expect(opened).toEqual([undefined])
      expect(wire.log).toEqual(['request 1', 'request 2', 'finish'])
      wire.arrive(response(3), trailer())
      if (kind === 'clientStream') expect(await outcome).toEqual({ count: 3 })
      else expect(await collect((await outcome) as Exchange)).toEqual([{ count: 3 }])
    },
  )

  it('opens no wire for a request that does not fit', async () => {
    const opened: unknown[] = []
    const call = callOf('unary', { request: { count: 'one' } })
    await expect(transmitter(openerOf(new ScriptedWire(), opened))(call)).rejects.toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
    })
    expect(opened).toEqual([])
  })
})

describe('the only response', () => {
  it('is followed by a trailer on a stream', async () => {
    const wire = new ScriptedWire('stream')
    const answer = exchangeOf('unary', wire).response()
    wire.arrive(response(1))
    await turns()
    expect(wire.log).toEqual([])
    wire.arrive(trailer())
    expect(await answer).toEqual({ count: 1 })
    expect(wire.log).toEqual(['done OK'])
  })

  it('ends the call in a session', async () => {
    const wire = new ScriptedWire('session')
    wire.arrive(response(1))
    expect(await exchangeOf('unary', wire).response()).toEqual({ count: 1 })
    expect(wire.log).toEqual(['done OK'])
  })

  it.each(['stream', 'session'] as const)('is missing when a %s ends with OK alone', async (kind) => {
    const wire = new ScriptedWire(kind)
    wire.arrive(trailer())
    await expect(exchangeOf('unary', wire).response()).rejects.toMatchObject({
      code: StatusCode.INTERNAL,
      message: 'Test.go: the producer answered OK without a response',
    })
    expect(wire.log).toEqual(['done OK'])
  })

  it('may not be followed by another', async () => {
    const wire = new ScriptedWire()
    wire.arrive(response(1), response(2))
    await expect(exchangeOf('unary', wire).response()).rejects.toMatchObject({
      code: StatusCode.INTERNAL,
      message: 'Test.go: the producer sent more than one response',
    })
    expect(wire.log).toEqual(['cancel INTERNAL'])
  })

  it('is dropped when the call is aborted while a session decodes it', async () => {
    let loaded = (): void => {}
    const load = (): Promise<void> => new Promise((resolve) => (loaded = resolve))
    const same = (bytes: Uint8Array): Uint8Array => bytes
    const controller = new AbortController()
    const wire = new ScriptedWire('session')
    const compression = { name: 'none', compress: same, decompress: same, load }
    const call = callOf('unary', { signal: controller.signal })
    const answer = new Exchange(call, { ...format, compression }, wire).response()
    wire.arrive({ ...response(1), flags: FrameFlag.COMPRESSED })
    await turns()
    controller.abort()
    loaded()
    await expect(answer).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    expect(wire.log).toEqual(['cancel CANCELLED'])
  })
})

describe('the end of a call', () => {
  it('is the error in the trailer, again and again', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('serverStream', wire)
    wire.arrive(response(1), trailer(StatusCode.NOT_FOUND, 'no such thing'))
    expect(await exchange.next()).toEqual({ done: false, value: { count: 1 } })
    const error = await exchange.next().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: StatusCode.NOT_FOUND, message: 'no such thing' })
    await expect(exchange.next()).rejects.toBe(error)
    expect(wire.log).toEqual(['done NOT_FOUND'])
  })

  it('keeps a code of the trailer that is unknown here', async () => {
    const wire = new ScriptedWire()
    wire.arrive(trailer(77, 'of a later version'))
    await expect(exchangeOf('serverStream', wire).next()).rejects.toMatchObject({
      code: 77,
      message: 'of a later version',
    })
  })

  it('comes once, whatever happens afterwards', async () => {
    const controller = new AbortController()
    const wire = new ScriptedWire()
    const exchange = exchangeOf('serverStream', wire, { signal: controller.signal })
    wire.arrive(trailer())
    expect(await exchange.next()).toEqual({ done: true, value: undefined })
    controller.abort()
    await exchange.return()
    await expect(exchange.throw(new Error('late'))).rejects.toThrow('late')
    expect(await exchange.next()).toEqual({ done: true, value: undefined })
    expect(wire.log).toEqual(['done OK'])
  })

  it.each<[string, Arrival, object]>([
    ['a stream that ends without a trailer', 'end', { code: StatusCode.UNAVAILABLE }],
    ['a stream that breaks', new Error('broken'), { code: StatusCode.INTERNAL, message: 'broken' }],
    [
      'a response that cannot be read',
      { flags: 0, payload: new TextEncoder().encode('{') },
      { message: expect.stringMatching(/^Test\.go: the response cannot be read: /) },
    ],
    [
      'a trailer that cannot be read',
      { flags: FrameFlag.TRAILER, payload: new TextEncoder().encode('{') },
      { message: expect.stringMatching(/^Test\.go: the response cannot be read: /) },
    ],
  ])('is %s', async (_what, arrival, error) => {
    const wire = new ScriptedWire()
    wire.arrive(arrival)
    await expect(exchangeOf('serverStream', wire).next()).rejects.toMatchObject(error)
    expect(wire.log).toEqual([expect.stringMatching(/^cancel /)])
  })

  it('is the abort of its signal, even before it begins', async () => {
    const reason = new RpcError(StatusCode.DEADLINE_EXCEEDED, 'late')
    const wire = new ScriptedWire()
    const exchange = exchangeOf('unary', wire, { signal: AbortSignal.abort(reason) })
    expect(wire.log).toEqual(['cancel DEADLINE_EXCEEDED'])
    await expect(exchange.response()).rejects.toBe(reason)
  })

  it('interrupts the wait for a response', async () => {
    const controller = new AbortController()
    const wire = new ScriptedWire()
    const waiting = exchangeOf('serverStream', wire, { signal: controller.signal }).next()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toMatchObject({ code: StatusCode.CANCELLED, cause: new Error('enough') })
  })

  it('is CANCELLED when the caller leaves the responses', async () => {
    const wire = new ScriptedWire()
    wire.arrive(response(0), response(1))
    for await (const item of exchangeOf('serverStream', wire)) {
      expect(item).toEqual({ count: 0 })
      break
    }
    expect(wire.log).toEqual(['cancel CANCELLED'])
  })

  it('does not come with a row schema', async () => {
    const wire = new ScriptedWire()
    wire.arrive({ flags: FrameFlag.ROW_SCHEMA, payload: new Uint8Array(3) }, response(1), trailer())
    expect(await collect(exchangeOf('serverStream', wire))).toEqual([{ count: 1 }])
  })

  // If such a frame were skipped, a bidi call would peek at it for ever.
  it.each(['serverStream', 'bidiStream'] as const)(
    'of a %s call end with a trailer, whatever its flags',
    async (kind) => {
      const wire = new ScriptedWire()
      const { flags, payload } = trailer()
      wire.arrive(response(1), { flags: flags | FrameFlag.ROW_SCHEMA, payload })
      expect(await collect(exchangeOf(kind, wire))).toEqual([{ count: 1 }])
      expect(wire.log).toContain('done OK')
    },
  )
})

describe('a bidi call', () => {
  afterEach(() => void vi.useRealTimers())

  it('ends with a trailer even if the caller does not ask for a response', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('bidiStream', wire)
    const requests = source(1)
    void exchange.sendAll(requests)
    wire.arrive(trailer())
    await turns()
    expect(wire.log).toEqual(['request 1', 'done OK'])
    expect(requests.left).toEqual([undefined])
    expect(await exchange.next()).toEqual({ done: true, value: undefined })
  })

  it.each<[string, Arrival]>([
    ['breaks', new Error('broken')],
    ['ends without a trailer', 'end'],
  ])('ends when its stream %s before it is asked for a response', async (_what, arrival) => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('bidiStream', wire)
    wire.arrive(arrival)
    await turns()
    expect(wire.log).toEqual([expect.stringMatching(/^cancel /)])
    await expect(exchange.next()).rejects.toBeInstanceOf(RpcError)
  })

  it('keeps a response, and the trailer after it, until the caller asks for the response', async () => {
    const wire = new ScriptedWire()
    const exchange = exchangeOf('bidiStream', wire)
    wire.arrive(response(1), trailer(StatusCode.ABORTED))
    await turns()
    expect(wire.log).toEqual([])
    expect(await exchange.next()).toEqual({ done: false, value: { count: 1 } })
    await expect(exchange.next()).rejects.toMatchObject({ code: StatusCode.ABORTED })
    expect(wire.log).toEqual(['done ABORTED'])
  })

  it.each([
    ['was open', false, 'done DEADLINE_EXCEEDED'],
    ['was complete', true, 'done OK'],
  ])('that %s is late or not when OK comes after the deadline', async (_what, isFinished, outcome) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 })
    const wire = new ScriptedWire()
    wire.isFinished = isFinished
    const exchange = exchangeOf('bidiStream', wire, { deadline: 1_000 })
    wire.arrive(trailer())
    await exchange.next().catch(() => {})
    expect(wire.log).toEqual([outcome])
  })
})
