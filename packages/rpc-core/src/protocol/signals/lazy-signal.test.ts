import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InterceptedCall } from '../../interceptor.ts'
import { AbortScope } from './abort-scope.ts'
import { abortSourceOf, changeCall, defineCallSignal, defineSignal, signalOf } from './lazy-signal.ts'

let scope: AbortScope
const made = vi.fn<() => void>()

beforeEach(() => {
  made.mockReset()
  scope = new AbortScope()
  const { AbortController: Platform } = globalThis
  vi.stubGlobal(
    'AbortController',
    class extends Platform {
      constructor() {
        super()
        made()
      }
    },
  )
})
afterEach(() => void vi.unstubAllGlobals())

const callOf = (source: AbortScope): InterceptedCall =>
  defineCallSignal({ callId: 'call-1', metadata: { k: 'v' } }, source) as unknown as InterceptedCall

describe('the signal of a call', () => {
  it('is created when it is first read', () => {
    const call = callOf(scope)
    expect(abortSourceOf(call)).toBe(scope)
    expect(made).not.toHaveBeenCalled()
    expect(call.signal).toBe(scope.signal)
    expect(call.signal).toBe(call.signal)
    expect(made).toHaveBeenCalledTimes(1)
    scope.abort('reason')
    expect(call.signal.reason).toBe('reason')
  })

  it('may be replaced', () => {
    const call = callOf(scope)
    const { signal } = new AbortController()
    call.signal = signal
    expect([call.signal, abortSourceOf(call)]).toEqual([signal, signal])
    expect(Object.keys(call)).toEqual(['callId', 'metadata', 'signal'])
  })

  it('is copied with the call, and a copy may have another one', () => {
    const call = callOf(scope)
    const { signal } = new AbortController()
    expect(abortSourceOf({ ...call })).toBe(scope.signal)
    expect(abortSourceOf({ ...call, signal })).toBe(signal)
    expect(abortSourceOf(Object.create(call) as InterceptedCall)).toBe(scope.signal)
  })

  it('may be one that the caller passed', () => {
    const { signal } = new AbortController()
    expect(abortSourceOf({ signal })).toBe(signal)
    expect(signalOf(signal)).toBe(signal)
  })
})

describe('the signal of a context', () => {
  it('cannot be replaced', () => {
    const context = defineSignal({ callId: 'call-1' }, scope)
    expect(() => Object.assign(context, { signal: AbortSignal.abort() })).toThrow(TypeError)
    expect(context.signal).toBe(scope.signal)
  })
})

describe('changeCall', () => {
  const key = Symbol('key')

  it('copies everything else, and creates no signal', () => {
    const call = Object.assign(callOf(scope), { [key]: 'kept', own: 'kept' })
    const copy = changeCall(call, { callId: 'call-2' })
    expect(abortSourceOf(copy)).toBe(scope)
    expect(made).not.toHaveBeenCalled()
    expect(copy).not.toBe(call)
    expect(copy).toMatchObject({ callId: 'call-2', own: 'kept', [key]: 'kept' })
    expect(copy.metadata).toBe(call.metadata)
    expect(copy.signal).toBe(call.signal)
    expect(call.callId).toBe('call-1')
  })

  it('puts another source in its place', () => {
    const other = new AbortScope()
    const copy = changeCall(callOf(scope), {}, other)
    other.abort('other')
    expect([copy.signal.reason, scope.aborted]).toEqual(['other', false])
  })

  it('keeps a signal that was replaced', () => {
    const call = callOf(scope)
    const signal = AbortSignal.abort('own')
    call.signal = signal
    expect(changeCall(call, {}).signal).toBe(signal)
    expect(changeCall({ ...call, signal: scope.signal }, {}).signal).toBe(scope.signal)
  })
})
