import { AsterError, brandError } from './aster-error.ts'
import { StatusCode, statusCodeName } from './status-code.ts'
import { isErrorLike } from './values/guards.ts'
import { memberText, textOf } from './values/text-of.ts'

/** Options of `RpcError`. */
export interface RpcErrorOptions {
  /**
   * String pairs that go over the wire beside the message, at most 64. Python producers of 0.1.x drop them.
   * See quirk 9 of docs/python-0.1.md.
   *
   * @default no details
   */
  details?: Readonly<Record<string, string>>
  /**
   * The error that led to this one. It does not go over the wire.
   *
   * @default no cause
   */
  cause?: unknown
}

/**
 * The error of a call that did not end with `OK`. If the error comes from the peer, `message` is the peer's text, cut at
 * 16,384 characters, with control and format characters replaced by U+FFFD except for line breaks and tabs. `toString()`
 * puts the name of the code in front of the message.
 */
export class RpcError extends AsterError {
  static {
    brandError(this, 'RpcError')
  }

  /** The name of the class, `'RpcError'`. */
  override readonly name: string = 'RpcError'
  /** The status with which the call ended. */
  readonly code: StatusCode
  /** Data of the peer, unchanged. It may hold characters that are unsafe in a terminal or a log line. */
  readonly details: Readonly<Record<string, string>>

  constructor(code: StatusCode, message: string, options: RpcErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.details = options.details ?? {}
  }

  /** The name of `code`, such as `'NOT_FOUND'`. */
  get codeName(): string {
    return statusCodeName(this.code)
  }

  override toString(): string {
    return `${this.name} ${this.codeName}: ${this.message}`
  }

  /** Returns an object for `JSON.stringify`: `name`, `message`, `code`, `codeName` and `details`. */
  override toJSON(): object {
    return { ...super.toJSON(), codeName: this.codeName }
  }

  /**
   * Converts any thrown value into an `RpcError`. An `RpcError` is returned unchanged; an `AbortError` becomes `CANCELLED`,
   * a `TimeoutError` becomes `DEADLINE_EXCEEDED`, and any other value becomes `code`, with the value as the cause. Never
   * throws.
   *
   * @param code the code of any other value
   * @default code is `UNKNOWN`
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
