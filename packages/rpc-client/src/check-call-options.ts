import { type CallOptions, type CallParent, RpcError, StatusCode } from '@aster/rpc-core'
import { describe } from '@aster/rpc-core/schema'

/**
 * Checks the options of a call, except for `timeoutMs` and the entries of `metadata`, which are checked when they are used.
 *
 * @throws RpcError `INVALID_ARGUMENT` if an option is of the wrong kind
 */
export function checkCallOptions(options: CallOptions): void {
  if (typeof options !== 'object' || options === null) throw optionError('options of a call', 'an object', options)
  const { signal, metadata, parent } = options
  if (signal !== undefined && !isSignal(signal)) throw optionError('signal', 'an AbortSignal', signal)
  // The entries of a `Map` or of `Headers` are not properties, and would be ignored.
  if (metadata !== undefined && Object.prototype.toString.call(metadata) !== '[object Object]')
    throw optionError('metadata', 'an object with string values', metadata)
  if (parent !== undefined && !isParent(parent))
    throw optionError('parent', 'the context of a handler, with its signal and deadline', parent)
}

/** Returns whether the platform made a signal, in any realm. The members of such a signal cannot throw. */
export function isPlatformSignal(signal: AbortSignal): boolean {
  return Object.prototype.toString.call(signal) === '[object AbortSignal]'
}

function isSignal(value: unknown): boolean {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}

function isParent(value: unknown): boolean {
  const { deadline, signal } = (value ?? {}) as Partial<CallParent>
  return isSignal(signal) && (deadline === undefined || Number.isFinite(deadline))
}

/** Returns the error of options that cannot be read because a getter threw `thrown`. */
export function optionsError(thrown: unknown): RpcError {
  const { message } = RpcError.from(thrown)
  return new RpcError(StatusCode.INVALID_ARGUMENT, `options cannot be read: ${message}`, { cause: thrown })
}

function optionError(what: string, expected: string, found: unknown): RpcError {
  return new RpcError(StatusCode.INVALID_ARGUMENT, `${what}: expected ${expected}, found ${describe(found)}`)
}
