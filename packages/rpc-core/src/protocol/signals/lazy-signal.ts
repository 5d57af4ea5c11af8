import type { InterceptedCall } from '../../interceptor.ts'
import { AbortScope, type AbortSource } from './abort-scope.ts'

/** The key under which an object holds the source that its `signal` is read from. */
const sourceKey = Symbol('aster.signal')

interface WithSource {
  [sourceKey]: AbortSource
}

/** An object with a signal: a call, or the context of a handler. */
export interface WithSignal {
  /** The signal, which is created when it is first read. */
  readonly signal: AbortSignal
}

/** Returns the signal of a source. A scope creates its signal when it is asked for it. */
export function signalOf(source: AbortSource): AbortSignal {
  return source instanceof AbortScope ? source.signal : (source as AbortSignal)
}

/** One function for all objects, so that the engine uses the same hidden class for all. */
function getSignal(this: WithSource): AbortSignal {
  return signalOf(this[sourceKey])
}

const fixed: PropertyDescriptor = { enumerable: true, configurable: true, get: getSignal }

const replaceable: PropertyDescriptor & ThisType<WithSource> = {
  ...fixed,
  set(value: AbortSignal) {
    Object.defineProperty(this, 'signal', { value, enumerable: true, configurable: true, writable: true })
  },
}

/**
 * Adds the property `signal` to an object. The signal is created when the property is first read: most handlers and interceptors
 * never read it, and a signal costs as much as a small call.
 */
export function defineSignal<T extends object>(target: T, source: AbortSource): T & WithSignal {
  ;(target as T & WithSource)[sourceKey] = source
  return Object.defineProperty(target, 'signal', fixed) as T & WithSignal
}

/** As `defineSignal`, for a call: an interceptor may replace its signal. */
export function defineCallSignal<T extends object>(call: T, source: AbortSource): T & { signal: AbortSignal } {
  ;(call as T & WithSource)[sourceKey] = source
  return Object.defineProperty(call, 'signal', replaceable) as T & { signal: AbortSignal }
}

/** Returns the source of the signal of a call, or of the context of a handler, without creating the signal. */
export function abortSourceOf(holder: WithSignal): AbortSource {
  const source = (holder as WithSignal & Partial<WithSource>)[sourceKey]
  if (source === undefined) return holder.signal
  // A copy made by `{ ...call, signal }` has the source of the call, but a signal of its own.
  return Object.getOwnPropertyDescriptor(holder, 'signal')?.get === getSignal ? source : holder.signal
}

/**
 * Returns `{ ...call, ...changes }` without creating the signal of the call.
 *
 * @param source the source of the signal of the copy
 * @default source is that of the call
 */
export function changeCall(
  call: InterceptedCall,
  changes: Partial<Omit<InterceptedCall, 'signal'>>,
  source: AbortSource = abortSourceOf(call),
): InterceptedCall {
  const copy: Record<PropertyKey, unknown> = {}
  for (const key of Reflect.ownKeys(call)) {
    if (key !== 'signal' && key !== sourceKey) copy[key] = (call as unknown as Record<PropertyKey, unknown>)[key]
  }
  return defineCallSignal(Object.assign(copy, changes) as unknown as InterceptedCall, source)
}
