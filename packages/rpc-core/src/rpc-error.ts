import { AsterError } from './aster-error.ts'
import { StatusCode, statusCodeName } from './status-code.ts'

export interface RpcErrorOptions {
  /** Text pairs that go over the wire beside the message. Python producers of 0.1.x drop them. */
  details?: Readonly<Record<string, string>>
  cause?: unknown
}

/** A call that did not end with `OK`. `message` is the peer's own text; `toString()` puts the code before it. */
export class RpcError extends AsterError {
  override readonly name: string = 'RpcError'
  readonly code: StatusCode
  readonly details: Readonly<Record<string, string>>

  constructor(code: StatusCode, message: string, options: RpcErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.details = options.details ?? {}
  }

  /** The name of `code`: `'NOT_FOUND'`. */
  get codeName(): string {
    return statusCodeName(this.code)
  }

  override toString(): string {
    return `${this.name} ${this.codeName}: ${this.message}`
  }

  /** An `RpcError` as it is; an abort as `CANCELLED`, a time-out as `DEADLINE_EXCEEDED`; anything else as `code` (`UNKNOWN`) with itself as the cause. */
  static from(error: unknown, code: StatusCode = StatusCode.UNKNOWN): RpcError {
    if (error instanceof RpcError) return error
    if (error instanceof Error) {
      const found =
        error.name === 'AbortError'
          ? StatusCode.CANCELLED
          : error.name === 'TimeoutError'
            ? StatusCode.DEADLINE_EXCEEDED
            : code
      return new RpcError(found, stringify(error.message), { cause: error })
    }
    return new RpcError(code, stringify(error), { cause: error })
  }
}

/** Never throws: not every thrown value can be converted to a string. */
function stringify(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return `a thrown ${typeof thrown}`
  }
}
