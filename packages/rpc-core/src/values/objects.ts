/** Whether a value is an object with members: neither null, nor a list, nor a function. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is an object without a class of its own, of this or another realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether every object has a member of this name without saying so, such as `constructor`. */
export function isInherited(name: string): boolean {
  return name in Object.prototype
}

/** Returns a member of an object or of its class, but not what every object inherits. */
export function memberOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return isInherited(name) && !Object.hasOwn(object, name) ? undefined : object[name]
}

/** Counts the keys that a loop over an object meets, those that its class has enumerable included, without an array of them. */
export function countKeys(object: object): number {
  let keys = 0
  for (const _ in object) keys++
  return keys
}

/** Assigns a member, also one that is named `__proto__`. */
export function setKey<T>(object: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
