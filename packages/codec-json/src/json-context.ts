import { RpcError, StatusCode, type Type } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { Checker, describe, formatPath, type PathSegment } from '@aster/rpc-core/schema'

export interface ReadOptions {
  /** The numbers come from our own parser, which keeps the digits of large integers. */
  readonly exact: boolean
  /** Missing fields take their defaults. */
  readonly defaults: boolean
  /** Fields that a struct does not have are passed over. */
  readonly ignoreUnknown: boolean
  /** The text has escaped surrogates: strings must be looked at. */
  readonly surrogates: boolean
}

const WRITING: ReadOptions = { exact: false, defaults: true, ignoreUnknown: false, surrogates: true }

/** The walk through one value that is read or written: knows the path, for errors, and limits the depth. */
export class JsonContext {
  readonly options: ReadOptions
  readonly #code: StatusCode
  readonly #path: PathSegment[] = []
  #depth = 0

  constructor(code: StatusCode, options = WRITING) {
    this.#code = code
    this.options = options
  }

  enter(segment: PathSegment): void {
    this.#path[this.#depth++] = segment
    if (this.#depth > LIMITS.nestingDepth) {
      this.throwInvalid(`nested deeper than ${LIMITS.nestingDepth} levels`)
    }
  }

  leave(): void {
    this.#depth--
  }

  /** @throws RpcError with the current path before the message */
  throwInvalid(message: string): never {
    const path = formatPath(this.#path.slice(0, this.#depth))
    throw new RpcError(this.#code, path === '' ? message : `${path}: ${message}`)
  }

  throwMismatch(expected: string, found: unknown): never {
    return this.throwInvalid(`expected ${expected}, found ${describe(found)}`)
  }

  /** Returns the value as its type completes it. @throws RpcError with the message of the type if the value does not fit */
  check<T>(type: Type<T, never>, value: unknown): T {
    const checker = new Checker()
    const checked = type.check(value, checker)
    return checker.issues[0] === undefined ? checked : this.throwInvalid(checker.issues[0].message)
  }
}
