import { epochNow } from './clock.ts'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { isErrorLike } from '../../values/guards.ts'
import { errorMessage, memberText } from '../../values/text-of.ts'
import { AbortScope, type AbortSource, scopeBehind } from './abort-scope.ts'
import { unref } from './unref.ts'

/** A signal with listeners and timers that its owner must remove. */
export interface OwnedSignal {
  /** The signal. */
  readonly signal: AbortSignal
  /** Removes the listeners and timers. Call it when the signal is no longer needed. */
  readonly cleanup: () => void
}

/** The longest time that `setTimeout` accepts, which has 31 bits. A longer time takes several timers. */
const MAX_TIMER_MS = 2_147_483_647

/** Options of a timer. */
export interface TimerOptions {
  /**
   * Whether the process may end while only the timer is pending.
   *
   * @default false
   */
  readonly unref?: boolean | undefined
}

/**
 * Runs `callback` at `time` (milliseconds since the epoch), however far away. Returns a function that cancels the timer.
 */
export function runAt(time: number, callback: () => void, options?: TimerOptions): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const arm = (): void => {
    const left = time - epochNow()
    if (left > MAX_TIMER_MS) timer = setTimeout(arm, MAX_TIMER_MS)
    else timer = setTimeout(callback, Math.max(0, left))
    if (options?.unref === true) unref(timer)
  }
  arm()
  return () => clearTimeout(timer)
}

/**
 * Returns the error of a call whose deadline has passed.
 *
 * @param detail what the call was waiting for, and what the user can do
 */
export function deadlineError(detail?: string): RpcError {
  const text = 'the deadline passed before the call was complete'
  return new RpcError(StatusCode.DEADLINE_EXCEEDED, detail === undefined ? text : `${text}: ${detail}`)
}

/**
 * Returns the error of a call that its caller aborted. The caller's reason, which may be any value, becomes the cause.
 * Never throws.
 */
export function cancelledError(source: AbortSource): RpcError {
  const reason = abortReason(source)
  if (reason instanceof RpcError) return reason
  const name = isErrorLike(reason) ? memberText(reason, 'name') : undefined
  if (name === 'TimeoutError')
    return new RpcError(StatusCode.DEADLINE_EXCEEDED, errorMessage(reason), { cause: reason })
  const text = name === undefined || name === 'AbortError' ? '' : `: ${errorMessage(reason)}`
  return new RpcError(StatusCode.CANCELLED, `the caller cancelled the call${text}`, { cause: reason })
}

/** Returns the reason of an abort. If a foreign signal has a getter that throws, returns the thrown value. */
export function abortReason(source: AbortSource): unknown {
  try {
    return source.reason
  } catch (error) {
    return error
  }
}

/** A signal that never aborts. Functions of this module add no listener to it. */
export const NEVER: AbortSignal = new AbortController().signal

const nothing = (): void => {}

const hubs = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly fire: () => void }>()

/**
 * Runs `callback` once when `source` aborts, or at once if it has aborted. Returns a function that removes the callback.
 *
 * A signal has one listener, however many callbacks wait for it: many calls may share a caller's signal, and Node warns of
 * a leak at more than ten listeners.
 */
export function onAbort(source: AbortSource | undefined, callback: () => void): () => void {
  if (source === undefined || source === NEVER) return nothing
  if (source.aborted) {
    callback()
    return nothing
  }
  const origin = source instanceof AbortScope ? source : scopeBehind(source as AbortSignal)
  if (origin instanceof AbortScope) return origin.onAbort(callback)
  const signal = source as AbortSignal
  let hub = hubs.get(signal)
  if (hub === undefined) {
    const callbacks = new Set<() => void>()
    const fire = (): void => {
      hubs.delete(signal)
      for (const waiting of callbacks) waiting()
    }
    hub = { callbacks, fire }
    hubs.set(signal, hub)
    signal.addEventListener('abort', fire, { once: true })
  }
  const { callbacks, fire } = hub
  // Each registration has its own function, so that the same callback may be registered twice.
  const entry = (): void => callback()
  callbacks.add(entry)
  return () => {
    if (!callbacks.delete(entry) || callbacks.size > 0 || hubs.get(signal)?.callbacks !== callbacks) return
    hubs.delete(signal)
    signal.removeEventListener('abort', fire)
  }
}

/** An owned signal that its owner can also abort. */
export interface LinkedSignal extends OwnedSignal {
  /** Aborts the signal. */
  readonly abort: (reason: unknown) => void
}

/** Returns a signal that aborts as soon as one of `signals` does, with the same reason, or when its owner calls `abort`. */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController()
  const offs = signals.map((signal) => onAbort(signal, () => controller.abort(signal && abortReason(signal))))
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    cleanup: () => offs.forEach((off) => off()),
  }
}

/** Options of `deadlineSignal`. */
export interface DeadlineOptions extends TimerOptions {
  /**
   * Returns the reason of the abort at the deadline. It is called only then.
   *
   * @default `DEADLINE_EXCEEDED`
   */
  readonly error?: (() => RpcError) | undefined
}

/**
 * Returns a signal that aborts at `deadline` (milliseconds since the epoch). If `signal` aborts first, the returned signal
 * aborts with the same reason.
 */
export function deadlineSignal(
  deadline: number | undefined,
  signal?: AbortSignal,
  options?: DeadlineOptions,
): OwnedSignal {
  const { scope, cleanup } = deadlineScope(deadline, signal, options)
  return { signal: scope.signal, cleanup }
}

/** A scope with listeners and timers that its owner must remove. */
export interface OwnedScope {
  /** The scope. */
  readonly scope: AbortScope
  /** Removes the listeners and timers. Call it when the scope is no longer needed. */
  readonly cleanup: () => void
}

/** As `deadlineSignal`, but creates no signal unless that of the scope is read. */
export function deadlineScope(
  deadline: number | undefined,
  source?: AbortSource,
  options?: DeadlineOptions,
): OwnedScope {
  const scope = new AbortScope()
  const off = onAbort(source, () => scope.abort(source && abortReason(source)))
  const expire = (): void => scope.abort((options?.error ?? deadlineError)())
  const callOff = deadline === undefined ? nothing : runAt(deadline, expire, options)
  return {
    scope,
    cleanup() {
      off()
      callOff()
    },
  }
}

/**
 * Waits for `promise`. If `signal` aborts first, throws its reason. `late` then receives the value of `promise`, so that it
 * can be disposed of, and a late rejection is ignored.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSource | undefined,
  late?: (value: T) => void,
): Promise<T> {
  if (signal === undefined || signal === NEVER) return promise
  return new Promise<T>((resolve, reject) => {
    let waiter: Waiter<T> | undefined = { resolve, reject, off: nothing }
    const off = onAbort(signal, () => {
      waiter = undefined
      reject(abortReason(signal))
    })
    if (waiter !== undefined) waiter.off = off
    const take = (): Waiter<T> | undefined => {
      waiter?.off()
      return waiter
    }
    promise.then(
      (value) => {
        const waiting = take()
        if (waiting === undefined) late?.(value)
        else waiting.resolve(value)
      },
      (error: unknown) => take()?.reject(error),
    )
  })
}

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
  off: () => void
}
