const brand = Symbol.for('aster.AsterError')

export interface AsterErrorOptions {
  cause?: unknown
}

/**
 * The root of every error that Aster throws on purpose.
 *
 * `instanceof` looks at a brand and the `name`, not at the prototype: an error made by a second copy of the package,
 * or by a package that does not depend on this one, is recognised as well.
 */
export class AsterError extends Error {
  override readonly name: string = 'AsterError'

  constructor(message: string, options: AsterErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, this)
  }
}

function isBranded(value: unknown, type: { prototype: unknown; name: string }): boolean {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  if (type.name === 'AsterError') return true
  return Function.prototype[Symbol.hasInstance].call(type, value) || ('name' in value && value.name === type.name)
}
