/** Returns whether a value is an object with members: not null, not an array and not a function. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns whether a value is an object without a class of its own, from this or another realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Returns whether every object inherits a member of this name, such as `constructor`. */
export function isInherited(name: string): boolean {
  return name in Object.prototype
}

/** Returns a member of an object or of its class, but not a member that every object inherits. */
export function memberOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return isInherited(name) && !Object.hasOwn(object, name) ? undefined : object[name]
}

/** Returns how many keys `for … in` visits, enumerable keys of the class included, without allocating an array. */
export function countKeys(object: object): number {
  let keys = 0
  for (const _ in object) keys++
  return keys
}

/** Sets a member, even if its name is `__proto__`. */
export function setKey<T>(object: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
