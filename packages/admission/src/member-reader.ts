import { isObject, printable } from '@aster/rpc-core/schema'
import { AdmissionError } from './errors.ts'

/** Where a value stands: the message and the path in it, as errors name it. */
export interface Place {
  readonly what: string
  readonly path: string
}

/**
 * Reads the members of a JSON object, and ignores those that it is not asked for. A member that may be missing may be
 * null as well. Throws `AdmissionError`, naming the member.
 */
export class MemberReader {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #place: Place

  constructor(value: unknown, place: Place) {
    if (!isObject(value)) throw unexpected(place, 'an object', value)
    this.#members = value
    this.#place = place
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#members, key)
  }

  text(key: string): string {
    const value = this.#members[key] ?? ''
    return typeof value === 'string' ? value : this.refuse(key, 'a text')
  }

  boolean(key: string): boolean {
    const value = this.#members[key]
    return typeof value === 'boolean' ? value : this.refuse(key, 'true or false')
  }

  positive(key: string): number {
    const value = this.#members[key]
    return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : this.refuse(key, 'a positive integer')
  }

  texts(key: string): Readonly<Record<string, string>> {
    const value = this.#members[key] ?? {}
    return isObject(value) && areTexts(value) ? value : this.refuse(key, 'an object of texts')
  }

  list<T>(key: string, read: (item: unknown, place: Place) => T, maxLength = Infinity): T[] {
    const value = this.#members[key] ?? []
    if (!Array.isArray(value)) return this.refuse(key, 'a list')
    if (value.length > maxLength) return this.refuse(key, `at most ${maxLength}`, `${value.length}`)
    return value.map((item: unknown, index) => read(item, this.at(`${key}[${index}]`)))
  }

  at(key: string): Place {
    const { what, path } = this.#place
    return { what, path: path === '' ? key : `${path}.${key}` }
  }

  refuse(key: string, expected: string, found?: string): never {
    throw unexpected(this.at(key), expected, this.#members[key], found)
  }
}

export function textItem(item: unknown, place: Place): string {
  if (typeof item === 'string') return item
  throw unexpected(place, 'a text', item)
}

function unexpected({ what, path }: Place, expected: string, value: unknown, found = describe(value)): AdmissionError {
  return new AdmissionError(`${what}: ${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`)
}

function areTexts(table: Readonly<Record<string, unknown>>): table is Readonly<Record<string, string>> {
  return Object.values(table).every((value) => typeof value === 'string')
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'an object' : printable(JSON.stringify(value))
}
