/**
 * What a value is, in whichever realm it was made: a value of an iframe, a `vm` context or a Jest test is no instance of this
 * realm's classes. The checks look at internal slots, which cannot be imitated, and never throw.
 */

function tagOf(value: object): string {
  try {
    return Object.prototype.toString.call(value)
  } catch {
    // A revoked proxy, or a getter that throws.
    return ''
  }
}

function isInstance(value: object, type: { [Symbol.hasInstance](value: unknown): boolean }): boolean {
  try {
    return value instanceof (type as never)
  } catch {
    return false
  }
}

const isReference = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether a value is of a built-in class, of any realm: its tag is looked at first, since a slot that is missing throws. */
function isBuiltIn(value: unknown, type: { readonly name: string }, read: (this: never) => unknown): boolean {
  if (!isReference(value)) return false
  if (!isInstance(value, type as never) && tagOf(value) !== `[object ${type.name}]`) return false
  try {
    read.call(value as never)
    return true
  } catch {
    return false
  }
}

const getter = (type: object, name: PropertyKey): (() => unknown) =>
  Object.getOwnPropertyDescriptor(type, name)?.get as () => unknown

const mapSize = getter(Map.prototype, 'size')
const setSize = getter(Set.prototype, 'size')
const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag)

/** Whether a value is an `Error` or a `DOMException`. Its members may still throw when they are read. */
export function isErrorLike(value: unknown): value is Error {
  if (!isReference(value)) return false
  return isInstance(value, Error) || /^\[object (?:Error|DOMException)\]$/.test(tagOf(value))
}

/** Whether `await` waits for a value. Never throws: a `then` that cannot be read is none. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (!isReference(value) && typeof value !== 'function') return false
  try {
    return typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  } catch {
    return false
  }
}

/** Whether a value is a `Uint8Array`, a `Buffer` included. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && typedArrayName.call(value) === 'Uint8Array'
}

/** Whether a value is a `Date`, one that is not valid included. */
export function isDate(value: unknown): value is Date {
  return isBuiltIn(value, Date, Date.prototype.getTime)
}

/** Whether a value is a `Map`. */
export function isMap(value: unknown): value is Map<unknown, unknown> {
  return isBuiltIn(value, Map, mapSize)
}

/** Whether a value is a `Set`. */
export function isSet(value: unknown): value is Set<unknown> {
  return isBuiltIn(value, Set, setSize)
}
