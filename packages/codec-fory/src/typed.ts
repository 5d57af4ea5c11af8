import type { Infer, Init, Type } from '@aster/rpc-core'

const brand = Symbol.for('aster.Typed')

/** A value that carries its type, where the schema does not say one: within a `t.any`. */
export class Typed<X extends Type = Type, V = Infer<X>> {
  readonly type: X
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
 * Says what a value in a dynamic position is: `typed(Point, { x: 1 })` is written as a `Point`, where a plain object would be a dict.
 * Structs, enums and dates come back in the same form.
 */
export function typed<X extends Type>(type: X, value: Init<X>): Typed<X, Init<X>> {
  return new Typed<X, Init<X>>(type, value)
}

/** Whether a value from a dynamic position is of this type: `if (isTyped(shape, Point)) shape.value.x`. */
export function isTyped<X extends Type>(value: unknown, type: X): value is Typed<X> {
  return value instanceof Typed && value.type === type
}
