/**
 * Type guards that work across realms: a value from an iframe, a `vm` context or a Jest test is not an instance of this
 * realm's classes. The guards read internal slots, which cannot be imitated, and never throw. `instanceof` comes first, since
 * it is the fastest for values of this realm; a tag comes before the slot, since reading a missing slot throws.
 */

// oxlint-disable typescript/unbound-method -- the methods are called on the values under test
const isReference = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The tag that `Object.prototype.toString` reads; most values have no tag. */
const tagOf = (value: object): unknown => (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]

const nameOf = (value: object): string => Object.prototype.toString.call(value)

const getter = (type: object, name: PropertyKey): ((this: unknown) => unknown) =>
  Object.getOwnPropertyDescriptor(type, name)?.get as () => unknown

const readMapSize = getter(Map.prototype, 'size')
const readSetSize = getter(Set.prototype, 'size')
const readTime: (this: unknown) => unknown = Date.prototype.getTime
const readTypedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag)

/** Returns whether a value is an `Error` or a `DOMException`. Reading its members may still throw. */
export function isErrorLike(value: unknown): value is Error {
  if (!isReference(value)) return false
  try {
    return value instanceof Error || /^\[object (?:Error|DOMException)\]$/.test(nameOf(value))
  } catch {
    // A revoked proxy or a getter throws. The other guards catch the same.
    return false
  }
}

/** Returns whether `await` waits for a value; false if its `then` cannot be read. Never throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (!isReference(value) && typeof value !== 'function') return false
  try {
    return typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  } catch {
    return false
  }
}

/** Returns whether a value is a `Uint8Array`, such as a `Buffer`. */
export function isBytes(value: unknown): value is Uint8Array {
  try {
    return value instanceof Uint8Array || readTypedArrayName.call(value) === 'Uint8Array'
  } catch {
    return false
  }
}

/** Returns the class of a typed array, such as `'Float64Array'`; `undefined` for any other value. */
export function typedArrayName(value: unknown): string | undefined {
  return readTypedArrayName.call(value) as string | undefined
}

/** Returns whether a value is a `Date`, valid or not. */
export function isDate(value: unknown): value is Date {
  if (!isReference(value)) return false
  try {
    if (!(value instanceof Date) && (tagOf(value) !== undefined || nameOf(value) !== '[object Date]')) return false
    readTime.call(value)
    return true
  } catch {
    return false
  }
}

/** Returns whether a value is a `Map`. */
export function isMap(value: unknown): value is Map<unknown, unknown> {
  if (!isReference(value)) return false
  try {
    if (!(value instanceof Map) && tagOf(value) !== 'Map') return false
    readMapSize.call(value)
    return true
  } catch {
    return false
  }
}

/** Returns whether a value is a `Set`. */
export function isSet(value: unknown): value is Set<unknown> {
  if (!isReference(value)) return false
  try {
    if (!(value instanceof Set) && tagOf(value) !== 'Set') return false
    readSetSize.call(value)
    return true
  } catch {
    return false
  }
}
