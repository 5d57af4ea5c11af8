/** Options of `AsterError`. */
export interface AsterErrorOptions {
  /**
   * The error that led to this one.
   *
   * @default no cause
   */
  cause?: unknown
}

/** The key under which a class keeps the brand that its instances carry. */
const brandOf = Symbol.for('aster.brand')

interface Branded {
  readonly prototype: object
  readonly [brandOf]?: symbol
}

/**
 * Brands an error class with a registered symbol, by which `instanceof` recognises its instances: also instances from a
 * second copy of the package, from another realm, and from a bundle with minified class names. Each class that extends
 * `AsterError` calls this function in a static block. `instanceof` recognises a class without a brand by its prototype.
 */
export function brandError(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`aster.${name}`)
  Object.defineProperty(type, brandOf, { value: brand })
  Object.defineProperty(type.prototype, brand, { value: true })
}

/** The base class of every error that Aster throws on purpose. */
export class AsterError extends Error {
  static {
    brandError(this, 'AsterError')
  }

  /** The name of the class. Minifying does not change it. */
  override readonly name: string = 'AsterError'

  constructor(message: string, options: AsterErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
  }

  /**
   * Returns an object for `JSON.stringify`, which would omit the message of an error: `name`, `message` and the other own
   * members.
   */
  toJSON(): object {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) }
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    const own = Object.hasOwn(this, brandOf) ? (this as Branded)[brandOf] : undefined
    try {
      return own === undefined ? Function.prototype[Symbol.hasInstance].call(this, value) : own in value
    } catch {
      // A revoked proxy throws on every access.
      return false
    }
  }
}
