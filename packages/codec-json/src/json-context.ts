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

/** The most values of one message: those of lists, sets and maps, and apart from them the fields of structs. */
export const MAX_VALUES = 1_000_000

const WRITING: ReadOptions = { exact: false, defaults: true, ignoreUnknown: false, surrogates: true }

interface JsonContextOptions {
  /** @default those for writing */
  readonly options?: ReadOptions
  /** @default MAX_VALUES */
  readonly maxValues?: number
}

/** The walk through one value that is read or written: knows the path, for errors, and limits the depth. */
export class JsonContext {
  readonly options: ReadOptions
  readonly #code: StatusCode
  readonly #path: PathSegment[] = []
  readonly #maxValues: number
  #depth = 0
  #values = 0
  #fields = 0

  constructor(code: StatusCode, { options = WRITING, maxValues = MAX_VALUES }: JsonContextOptions = {}) {
    this.#code = code
    this.options = options
    this.#maxValues = maxValues
  }

  /** Counts elements of a list, or keys and values of a map, before they are made. */
  count(values: number): void {
    this.#values += values
    if (this.#values > this.#maxValues) this.#throwTooMany()
  }

  /** Counts the fields of a struct, those that are missing included. */
  countFields(fields: number): void {
    this.#fields += fields
    if (this.#fields > this.#maxValues) this.#throwTooMany()
  }

  #throwTooMany(): never {
    const path = formatPath(this.#path.slice(0, this.#depth))
    throw new RpcError(
      StatusCode.RESOURCE_EXHAUSTED,
      `${path === '' ? '' : `${path}: `}a message with too many values: at most ${this.#maxValues} are allowed (maxValues)`,
    )
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
