import { RpcError, StatusCode, type Type } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { Checker, describe, formatPath, type PathSegment } from '@aster/rpc-core/schema'

export interface ReadOptions {
  /** Whether the value comes from `parseJson`, which keeps all digits of large integers. */
  readonly exact: boolean
  /** Whether missing fields take their defaults. */
  readonly defaults: boolean
  /** Whether fields that a struct does not have are skipped. */
  readonly ignoreUnknown: boolean
  /** Whether the JSON text has escaped surrogates, so that each string has to be checked. */
  readonly surrogates: boolean
}

/** The most values of one message, by default. Fields of structs have a count of their own with the same limit. */
export const MAX_VALUES = 1_000_000

const WRITING: ReadOptions = { exact: false, defaults: true, ignoreUnknown: false, surrogates: true }

interface JsonContextOptions {
  /** @default the options for writing */
  readonly options?: ReadOptions
  /** @default MAX_VALUES */
  readonly maxValues?: number
}

/**
 * The state of the walk through one value that is read or written: its path, for errors, its depth, and its number of values.
 */
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

  /**
   * Counts elements of a list, or keys and values of a map, before they are created.
   *
   * @throws RpcError (`RESOURCE_EXHAUSTED`) if the message has too many values
   */
  count(values: number): void {
    this.#values += values
    if (this.#values > this.#maxValues) this.#throwTooMany()
  }

  /**
   * Counts the fields of a struct, including those that are missing.
   *
   * @throws RpcError (`RESOURCE_EXHAUSTED`) if the message has too many fields
   */
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

  /** @throws RpcError with the current path and the message */
  throwInvalid(message: string): never {
    const path = formatPath(this.#path.slice(0, this.#depth))
    throw new RpcError(this.#code, path === '' ? message : `${path}: ${message}`)
  }

  throwMismatch(expected: string, found: unknown): never {
    return this.throwInvalid(`expected ${expected}, found ${describe(found)}`)
  }

  /**
   * Returns the value with the defaults that its type adds.
   *
   * @throws RpcError with the message of the type if the value does not fit
   */
  check<T>(type: Type<T, never>, value: unknown): T {
    const checker = new Checker()
    const checked = type.check(value, checker)
    return checker.issues[0] === undefined ? checked : this.throwInvalid(checker.issues[0].message)
  }
}
