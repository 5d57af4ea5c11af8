import { RpcError, StatusCode } from '@aster/rpc-core'
import { describe, formatPath, type PathSegment } from '@aster/rpc-core/schema'

/** Thrown where a value or a byte does not fit; the path grows while it travels up to the codec, which makes an `RpcError` of it. */
export class Failure extends Error {
  readonly code: StatusCode
  /** Where in the bytes, when decoding. */
  readonly offset: number | undefined
  readonly path: PathSegment[] = []

  constructor(code: StatusCode, message: string, offset?: number) {
    super(message)
    this.code = code
    this.offset = offset
  }
}

const MAX_PATH = 200

/** Notes on the way up that `error` happened within a field, key or index; gives it back to be thrown again. */
export function within(error: unknown, segment: PathSegment): unknown {
  if (error instanceof Failure) error.path.unshift(segment)
  return error
}

/** The value that is being encoded does not fit its type. */
export function misfit(message: string): never {
  throw new Failure(StatusCode.INVALID_ARGUMENT, message)
}

export function mismatch(expected: string, found: unknown): never {
  throw new Failure(StatusCode.INVALID_ARGUMENT, `expected ${expected}, found ${describe(found)}`)
}

/** A type that pyfory cannot serialise. */
export function unsupported(message: string): never {
  throw new Failure(StatusCode.INVALID_ARGUMENT, message)
}

export function toRpcError(error: unknown, doing: string): unknown {
  if (!(error instanceof Failure)) return error
  const path = formatPath(error.path)
  const place = path === '' ? '' : `${path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path}: `
  const offset = error.offset === undefined ? '' : ` (at byte ${error.offset})`
  return new RpcError(error.code, `${doing}${place}${error.message}${offset}`)
}
