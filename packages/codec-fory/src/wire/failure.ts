import { RpcError, StatusCode } from '@aster/rpc-core'
import { describe, formatPath, type PathSegment } from '@aster/rpc-core/schema'

interface FailureOptions {
  readonly offset?: number
  readonly advice?: string | undefined
}

/**
 * Thrown if a value, a type or a byte does not fit. The path grows on the way up to the codec, which converts the failure
 * to an `RpcError`.
 */
export class Failure extends Error {
  readonly code: StatusCode
  /** The position in the bytes, if the failure occurred in decoding. */
  readonly offset: number | undefined
  /** Advice for the end of the message. */
  readonly advice: string | undefined
  readonly path: PathSegment[] = []

  constructor(code: StatusCode, message: string, { offset, advice }: FailureOptions = {}) {
    super(message)
    this.code = code
    this.offset = offset
    this.advice = advice
  }
}

/** The most characters of a path in a message. */
const MAX_PATH = 200

/** Adds the field, key or index in which `error` happened to the front of its path. Returns the error, to be thrown again. */
export function prependSegment(error: unknown, segment: PathSegment): unknown {
  if (error instanceof Failure) error.path.unshift(segment)
  return error
}

/** Returns the error for a value that does not fit its type, or for a type that pyfory cannot serialise. */
export function invalidError(message: string): Failure {
  return new Failure(StatusCode.INVALID_ARGUMENT, message)
}

/** @throws Failure with code `INVALID_ARGUMENT` */
export function throwInvalid(message: string): never {
  throw invalidError(message)
}

/** @throws Failure with the expected kind of value and the one that was found */
export function throwMismatch(expected: string, found: unknown): never {
  throwInvalid(`expected ${expected}, found ${describe(found)}`)
}

/** Returns the `RpcError` for a `Failure`, and every other error unchanged. */
export function codecError(error: unknown, doing: string): unknown {
  if (!(error instanceof Failure)) return error
  const path = formatPath(error.path)
  const place = path === '' ? '' : `${path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path}: `
  const offset = error.offset === undefined ? '' : ` (at byte ${error.offset})`
  const advice = error.advice === undefined ? '' : `; ${error.advice}`
  return new RpcError(error.code, `${doing}${place}${error.message}${offset}${advice}`)
}
