import { epochNow } from './clock.ts'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { isErrorLike } from '../../values/guards.ts'
import { errorMessage, memberText } from '../../values/text-of.ts'
import { AbortScope, type AbortSource, scopeBehind } from './abort-scope.ts'
import { unref } from './unref.ts'

/** A signal and what must be called when nobody needs it any more: listeners and timers go with it. */
export interface OwnedSignal {
  readonly signal: AbortSignal
  readonly cleanup: () => void
}

/** `setTimeout` takes 31 bits: a later time is reached in several steps. */
const MAX_TIMER_MS = 2_147_483_647

export interface TimerOptions {
  /** Whether a process may end while it waits for nothing but the timer. @default false */
  readonly unref?: boolean | undefined
}

/** Runs `callback` at `time` (milliseconds since the epoch), however far away. Returns a function that cancels the timer. */
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

/** Returns the error of a call whose time is up. `detail` says what the call was waiting for, and what can be done. */
export function deadlineError(detail?: string): RpcError {
  const text = 'the deadline passed before the call was complete'
  return new RpcError(StatusCode.DEADLINE_EXCEEDED, detail === undefined ? text : `${text}: ${detail}`)
}

/** The abort of a caller as the call's error; the caller's reason, which may be anything, is its cause. Never throws. */
export function cancelledError(source: AbortSource): RpcError {
  const reason = abortReason(source)
  if (reason instanceof RpcError) return reason
  const name = isErrorLike(reason) ? memberText(reason, 'name') : undefined
  if (name === 'TimeoutError')
    return new RpcError(StatusCode.DEADLINE_EXCEEDED, errorMessage(reason), { cause: reason })
  const text = name === undefined || name === 'AbortError' ? '' : `: ${errorMessage(reason)}`
  return new RpcError(StatusCode.CANCELLED, `the caller cancelled the call${text}`, { cause: reason })
}

/** Returns the reason of an abort; if a signal of another package has a getter that throws, what it throws. */
export function abortReason(source: AbortSource): unknown {
  try {
    return source.reason
  } catch (error) {
    return error
  }
}

/** A signal that never aborts: nothing ever listens to it. */
export const NEVER: AbortSignal = new AbortController().signal

const nothing = (): void => {}

const hubs = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly fire: () => void }>()

/**
 * Runs `callback` once when `signal` aborts, or now where it has. Gives a function that takes it back.
 *
 * However many wait for a signal, it has one listener: a caller's one signal for many calls is no leak, and Node warns of
 * more than ten.
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
  // A function of its own, so that the same callback may wait twice.
  const entry = (): void => callback()
  callbacks.add(entry)
  return () => {
    if (!callbacks.delete(entry) || callbacks.size > 0 || hubs.get(signal)?.callbacks !== callbacks) return
    hubs.delete(signal)
    signal.removeEventListener('abort', fire)
  }
}

/** An owned signal that its owner can abort as well. */
export interface LinkedSignal extends OwnedSignal {
  readonly abort: (reason: unknown) => void
}

/** Aborts with the first of `signals`, and with its reason; or when its owner calls `abort`. */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController()
  const offs = signals.map((signal) => onAbort(signal, () => controller.abort(signal && abortReason(signal))))
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    cleanup: () => offs.forEach((off) => off()),
  }
}

export interface DeadlineOptions extends TimerOptions {
  /** Returns the reason of the abort at the deadline; called only then. @default `DEADLINE_EXCEEDED` */
  readonly error?: (() => RpcError) | undefined
}

/**
 * Returns a signal that aborts at `deadline` (milliseconds since the epoch), or with `signal` and its reason if that aborts
 * first.
 */
export function deadlineSignal(
  deadline: number | undefined,
  signal?: AbortSignal,
  options?: DeadlineOptions,
): OwnedSignal {
  const controller = new AbortController()
  const off = onAbort(signal, () => controller.abort(signal && abortReason(signal)))
  const expire = (): void => controller.abort((options?.error ?? deadlineError)())
  const callOff = deadline === undefined ? () => {} : runAt(deadline, expire, options)
  return {
    signal: controller.signal,
    cleanup() {
      off()
      callOff()
    },
  }
}

/**
 * Waits for `promise`, or throws the reason of `signal` when that comes first. What `promise` gives afterwards goes to
 * `late`, so that it can be disposed of; its late failure is no unhandled rejection.
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
