import { RpcError, StatusCode, type Type } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { Checker, describe, formatPath, type PathSegment } from '@aster/rpc-core/schema'

export interface ReadOptions {
  /** The numbers come from our own parser, which keeps the digits of large integers. */
  readonly exact: boolean
  /** Missing fields take their defaults. */
  readonly defaults: boolean
  /** The text has escaped surrogates: strings must be looked at. */
  readonly surrogates: boolean
}

const WRITING: ReadOptions = { exact: false, defaults: true, surrogates: true }

/** Where a walk through a value is: gives errors their path, and ends the walk when it gets too deep. */
export class Place {
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
      this.fail(`nested deeper than ${LIMITS.nestingDepth} levels`)
    }
  }

  leave(): void {
    this.#depth--
  }

  fail(message: string): never {
    const path = formatPath(this.#path.slice(0, this.#depth))
    throw new RpcError(this.#code, path === '' ? message : `${path}: ${message}`)
  }

  mismatch(expected: string, found: unknown): never {
    return this.fail(`expected ${expected}, found ${describe(found)}`)
  }

  /** The value as its type gives it back; fails in the words of the type where it does not fit. */
  check<T>(type: Type<T, never>, value: unknown): T {
    const checker = new Checker()
    const checked = type.check(value, checker)
    return checker.issues[0] === undefined ? checked : this.fail(checker.issues[0].message)
  }
}
