import { runInNewContext } from 'node:vm'
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import {
  abortable,
  runAt,
  cancelledError,
  deadlineError,
  deadlineSignal,
  linkSignals,
  NEVER,
  onAbort,
} from './signals.ts'

const listeners = (...signals: AbortSignal[]): number =>
  signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0)

describe('onAbort', () => {
  it('runs once: with the abort, or at once if the signal has aborted', () => {
    const controller = new AbortController()
    const callback = vi.fn()
    onAbort(controller.signal, callback)
    expect(callback).not.toHaveBeenCalled()
    controller.abort()
    controller.abort()
    expect(callback).toHaveBeenCalledTimes(1)
    onAbort(controller.signal, callback)
    expect(callback).toHaveBeenCalledTimes(2)
  })

  it('has one listener for all callbacks, and none after the last is removed', () => {
    const { signal } = new AbortController()
    const callback = (): void => {}
    const offs = Array.from({ length: 1000 }, () => onAbort(signal, callback))
    expect(listeners(signal)).toBe(1)
    for (const off of offs) off()
    expect(listeners(signal)).toBe(0)
    for (const off of offs) off()
    const again = onAbort(signal, callback)
    expect(listeners(signal)).toBe(1)
    again()
    expect(listeners(signal)).toBe(0)
  })

  it('does not run a removed callback, even if it is removed while callbacks run', () => {
    const controller = new AbortController()
    const left = vi.fn()
    const stays = vi.fn()
    const off = onAbort(controller.signal, left)
    off()
    onAbort(controller.signal, () => offLater())
    const offLater = onAbort(controller.signal, left)
    onAbort(controller.signal, stays)
    controller.abort()
    expect(left).not.toHaveBeenCalled()
    expect(stays).toHaveBeenCalledTimes(1)
  })

  it('does nothing without a signal, or for a signal that never aborts', () => {
    onAbort(undefined, () => expect.fail())()
    onAbort(NEVER, () => expect.fail())()
    expect(listeners(NEVER)).toBe(0)
  })
})

describe('linkSignals', () => {
  it('aborts with the first signal and its reason', () => {
    const [a, b] = [new AbortController(), new AbortController()]
    const linked = linkSignals(a.signal, undefined, b.signal)
    const reason = new Error('why')
    b.abort(reason)
    a.abort(new Error('later'))
    expect(linked.signal.reason).toBe(reason)
  })

  it('is aborted at once if a signal is', () => {
    const reason = new Error('why')
    expect(linkSignals(new AbortController().signal, AbortSignal.abort(reason)).signal.reason).toBe(reason)
  })

  it('is aborted by its owner, without aborting the signals that it follows', () => {
    const { signal: followed } = new AbortController()
    const { signal, abort } = linkSignals(followed)
    const reason = new Error('enough')
    abort(reason)
    expect([signal.reason, followed.aborted]).toEqual([reason, false])
  })

  it('leaves no listener behind', () => {
    const [a, b] = [new AbortController(), new AbortController()]
    const calls = Array.from({ length: 20 }, () => linkSignals(a.signal, b.signal))
    expect(listeners(a.signal, b.signal)).toBe(2)
    for (const { cleanup } of calls) cleanup()
    expect(listeners(a.signal, b.signal)).toBe(0)
    a.abort()
    expect(calls.every(({ signal }) => !signal.aborted)).toBe(true)
  })
})

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('abort with DEADLINE_EXCEEDED when their time has passed', () => {
    const { signal } = deadlineSignal(Date.now() + 1000)
    vi.advanceTimersByTime(999)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(signal.reason).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('may be further away than a timer reaches', () => {
    const days = 60 * 86_400_000
    const callback = vi.fn()
    runAt(Date.now() + days, callback)
    vi.advanceTimersByTime(days - 1)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(callback).toHaveBeenCalledTimes(1)
  })

  it('that have passed abort in the next turn', () => {
    const { signal } = deadlineSignal(Date.now() - 5)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(0)
    expect(signal.aborted).toBe(true)
  })

  it('abort with the reason of a signal that aborts first', () => {
    const controller = new AbortController()
    const { signal } = deadlineSignal(Date.now() + 1000, controller.signal)
    const reason = new Error('why')
    controller.abort(reason)
    vi.advanceTimersByTime(2000)
    expect(signal.reason).toBe(reason)
  })

  it('leave no timer and no listener behind, however far away', () => {
    const controller = new AbortController()
    for (const far of [1000, 60 * 86_400_000, Infinity]) {
      const { signal, cleanup } = deadlineSignal(Date.now() + far, controller.signal)
      cleanup()
      expect(signal.aborted).toBe(false)
    }
    const rearmed = deadlineSignal(Date.now() + 60 * 86_400_000)
    vi.advanceTimersByTime(40 * 86_400_000)
    rearmed.cleanup()
    expect(vi.getTimerCount()).toBe(0)
    expect(listeners(controller.signal)).toBe(0)
  })

  it('abort with their own error, which is created only then', () => {
    const error = vi.fn(() => new RpcError(StatusCode.UNAVAILABLE, 'no answer'))
    const { signal } = deadlineSignal(Date.now() + 1000, undefined, { error })
    vi.advanceTimersByTime(999)
    expect(error).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(error).toHaveBeenCalledTimes(1)
    expect(signal.reason).toMatchObject({ code: StatusCode.UNAVAILABLE, message: 'no answer' })
  })

  it('keep a process alive until they pass, unless told not to, however far away', () => {
    vi.useRealTimers()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    for (const far of [1000, 60 * 86_400_000]) {
      for (const unref of [undefined, false, true]) {
        const { cleanup } = deadlineSignal(Date.now() + far, undefined, { unref })
        const timer = timers.mock.results.at(-1)?.value as NodeJS.Timeout | undefined
        expect(timer?.hasRef()).toBe(unref !== true)
        cleanup()
      }
    }
    timers.mockRestore()
  })

  it('may be undefined', () => {
    const { signal, cleanup } = deadlineSignal(undefined)
    expect(vi.getTimerCount()).toBe(0)
    cleanup()
    expect(signal.aborted).toBe(false)
  })
})

describe('abortable', () => {
  it('settles as the promise does, and leaves no listener', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve(5), signal)).toBe(5)
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
    expect(await abortable(Promise.resolve(6), undefined)).toBe(6)
    expect(listeners(signal)).toBe(0)
  })

  it('throws the reason if the abort comes first, and hands over the late value', async () => {
    const controller = new AbortController()
    let settle: (value: string) => void = () => {}
    const slow = new Promise<string>((resolve) => (settle = resolve))
    const late = vi.fn()
    const waiting = abortable(slow, controller.signal, late)
    const reason = new Error('why')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(late).not.toHaveBeenCalled()
    settle('a stream')
    await slow
    expect(late).toHaveBeenCalledExactlyOnceWith('a stream')
    expect(listeners(controller.signal)).toBe(0)
  })

  it('ignores a late failure', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      let settle: (error: Error) => void = () => {}
      const slow = new Promise<never>((_, reject) => (settle = reject))
      const waiting = abortable(slow, AbortSignal.abort(new Error('why')))
      await expect(waiting).rejects.toThrow('why')
      settle(new Error('late'))
      await new Promise(setImmediate)
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})

describe('cancelled', () => {
  it('has the reason as its cause, and includes its message', () => {
    const reason = new Error('the user went home')
    expect(cancelledError(AbortSignal.abort(reason))).toMatchObject({
      code: StatusCode.CANCELLED,
      message: 'the caller cancelled the call: the user went home',
      cause: reason,
    })
    expect(cancelledError(AbortSignal.abort())).toMatchObject({
      code: StatusCode.CANCELLED,
      message: 'the caller cancelled the call',
    })
    expect(cancelledError(AbortSignal.abort('text'))).toMatchObject({ code: StatusCode.CANCELLED, cause: 'text' })
    expect(cancelledError(AbortSignal.abort(runInNewContext('new Error("gone")')))).toMatchObject({
      code: StatusCode.CANCELLED,
      message: 'the caller cancelled the call: gone',
    })
  })

  it('is DEADLINE_EXCEEDED for a time-out, and an RpcError unchanged', () => {
    expect(cancelledError(AbortSignal.abort(new DOMException('late', 'TimeoutError')))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
      message: 'late',
    })
    const own = new RpcError(StatusCode.ABORTED, 'own')
    expect(cancelledError(AbortSignal.abort(own))).toBe(own)
  })

  it('accepts any reason', () => {
    const unreadable = Object.defineProperty(new Error('x'), 'name', {
      get: () => {
        throw new Error('no name')
      },
    })
    expect(cancelledError(AbortSignal.abort(unreadable))).toMatchObject({
      code: StatusCode.CANCELLED,
      cause: unreadable,
    })
    for (const reason of [null, Symbol('x'), Object.create(null), () => {}])
      expect(cancelledError(AbortSignal.abort(reason))).toMatchObject({ code: StatusCode.CANCELLED })
    const noReason = {
      aborted: true,
      get reason(): unknown {
        throw new Error('no reason')
      },
    }
    expect(cancelledError(noReason)).toMatchObject({ code: StatusCode.CANCELLED, cause: new Error('no reason') })
  })
})

describe('deadlineError', () => {
  it('says what the call was waiting for, if that is known', () => {
    const text = 'the deadline passed before the call was complete'
    expect(deadlineError()).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED, message: text })
    expect(deadlineError('the peer was silent')).toMatchObject({ message: `${text}: the peer was silent` })
  })
})
