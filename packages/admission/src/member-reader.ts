import { isObject, printable } from '@aster/rpc-core/schema'
import { AdmissionError } from './errors.ts'

/** Names a value in errors: the message that contains it, and its path in that message. */
export interface MemberPath {
  readonly message: string
  readonly path: string
}

/**
 * Reads the members of a JSON object, and ignores members that are not read. A member that may be missing may also be null.
 * Each method throws an `AdmissionError` with the name of the member if its type is wrong.
 */
export class MemberReader {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #path: MemberPath

  constructor(value: unknown, path: MemberPath) {
    if (!isObject(value)) throw unexpectedError(path, 'an object', describeJson(value))
    this.#members = value
    this.#path = path
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#members, key)
  }

  string(key: string): string {
    const value = this.#members[key] ?? ''
    return typeof value === 'string' ? value : this.throwUnexpected(key, 'a string')
  }

  boolean(key: string): boolean {
    const value = this.#members[key]
    return typeof value === 'boolean' ? value : this.throwUnexpected(key, 'true or false')
  }

  positive(key: string): number {
    const value = this.#members[key]
    return Number.isSafeInteger(value) && Number(value) > 0
      ? Number(value)
      : this.throwUnexpected(key, 'a positive integer')
  }

  strings(key: string): Readonly<Record<string, string>> {
    const value = this.#members[key] ?? {}
    return isObject(value) && areStrings(value) ? value : this.throwUnexpected(key, 'an object with string values')
  }

  list<T>(key: string, read: (item: unknown, path: MemberPath) => T, maxLength = Infinity): T[] {
    const value = this.#members[key] ?? []
    if (!Array.isArray(value)) return this.throwUnexpected(key, 'a list')
    if (value.length > maxLength) return this.throwUnexpected(key, `at most ${maxLength}`, `${value.length}`)
    return value.map((item: unknown, index) => read(item, this.#pathOf(`${key}[${index}]`)))
  }

  /** @param found describes the member, by default by its value, cut to a length that fits a message */
  throwUnexpected(key: string, expected: string, found = describeJson(this.#members[key])): never {
    throw unexpectedError(this.#pathOf(key), expected, found)
  }

  #pathOf(key: string): MemberPath {
    const { message, path } = this.#path
    return { message, path: path === '' ? key : `${path}.${key}` }
  }
}

/** Reads a string in a list. Pass it to `list`. */
export function readString(item: unknown, path: MemberPath): string {
  if (typeof item === 'string') return item
  throw unexpectedError(path, 'a string', describeJson(item))
}

function unexpectedError({ message, path }: MemberPath, expected: string, found: string): AdmissionError {
  return new AdmissionError(`${message}: ${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`)
}

function areStrings(table: Readonly<Record<string, unknown>>): table is Readonly<Record<string, string>> {
  return Object.values(table).every((value) => typeof value === 'string')
}

function describeJson(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'an object' : printable(JSON.stringify(value))
}
