export interface AsterErrorOptions {
  cause?: unknown
}

/** Under which a class keeps the brand that its instances carry. */
const brandOf = Symbol.for('aster.brand')

interface Branded {
  readonly prototype: object
  readonly [brandOf]?: symbol
}

/**
 * Gives an error class a registered symbol, by which `instanceof` recognises its instances: also those that a second copy of
 * the package made, those of another realm, and those of a bundle whose class names were minified. Call it in a static block
 * of each class that extends `AsterError`; a class without a brand is recognised by its prototype.
 */
export function brandError(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`aster.${name}`)
  Object.defineProperty(type, brandOf, { value: brand })
  Object.defineProperty(type.prototype, brand, { value: true })
}

/** The root of every error that Aster throws on purpose. */
export class AsterError extends Error {
  static {
    brandError(this, 'AsterError')
  }

  override readonly name: string = 'AsterError'

  constructor(message: string, options: AsterErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
  }

  /** For `JSON.stringify`, which leaves out the message of an error: `name`, `message` and the members of the kind. */
  toJSON(): object {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) }
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    const own = Object.hasOwn(this, brandOf) ? (this as Branded)[brandOf] : undefined
    try {
      return own === undefined ? Function.prototype[Symbol.hasInstance].call(this, value) : own in value
    } catch {
      // A revoked proxy answers no question.
      return false
    }
  }
}
