import type { Infer, Init, Type } from '@aster/rpc-core'

const brand = Symbol.for('aster.Typed')

/** A value with its type, for places in which the schema declares none: within a `t.any`. */
export class Typed<X extends Type = Type, V = Infer<X>> {
  /** The type of the value. */
  readonly type: X
  /** The value. */
  readonly value: V

  constructor(type: X, value: V) {
    this.type = type
    this.value = value
    Object.defineProperty(this, brand, { value: true })
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}

/**
 * Declares the type of a value in a dynamic position: `typed(Point, { x: 1 })` is written as a `Point`, while a plain
 * object would be a dict. Structs, enums and dates are decoded to the same form.
 */
export function typed<X extends Type>(type: X, value: Init<X>): Typed<X, Init<X>> {
  return new Typed<X, Init<X>>(type, value)
}

/** Returns whether a value from a dynamic position has this type: `if (isTyped(shape, Point)) shape.value.x`. */
export function isTyped<X extends Type>(value: unknown, type: X): value is Typed<X> {
  return value instanceof Typed && value.type === type
}
