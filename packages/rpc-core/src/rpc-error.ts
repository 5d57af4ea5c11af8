import { AsterError, brandError } from './aster-error.ts'
import { StatusCode, statusCodeName } from './status-code.ts'
import { isErrorLike } from './values/guards.ts'
import { memberText, textOf } from './values/text-of.ts'

export interface RpcErrorOptions {
  /** String pairs that go over the wire beside the message, at most 64 (but quirk 9 of docs/python-0.1.md). */
  details?: Readonly<Record<string, string>>
  cause?: unknown
}

/**
 * A call that did not end with `OK`. `message` is the peer's own text, cut at 16,384 characters and with control and format
 * characters other than line breaks and tabs replaced by U+FFFD; `toString()` puts the code before it.
 */
export class RpcError extends AsterError {
  static {
    brandError(this, 'RpcError')
  }

  override readonly name: string = 'RpcError'
  readonly code: StatusCode
  /** Data of the peer, as it was sent: not fit for a terminal or a log line. */
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

  /** For `JSON.stringify`: `name`, `message`, `code`, `codeName` and `details`. */
  override toJSON(): object {
    return { ...super.toJSON(), codeName: this.codeName }
  }

  /**
   * Turns anything that can be thrown into an `RpcError`: one as it is, an abort into `CANCELLED`, a time-out into
   * `DEADLINE_EXCEEDED`, anything else into `code`, with itself as the cause. Never throws.
   *
   * @param code default: `UNKNOWN`
   */
  static from(error: unknown, code: StatusCode = StatusCode.UNKNOWN): RpcError {
    if (error instanceof RpcError) return error
    if (!isErrorLike(error)) return new RpcError(code, textOf(error), { cause: error })
    const name = memberText(error, 'name')
    const found =
      name === 'AbortError' ? StatusCode.CANCELLED : name === 'TimeoutError' ? StatusCode.DEADLINE_EXCEEDED : code
    return new RpcError(found, memberText(error, 'message'), { cause: error })
  }
}
