import { AsterError } from '../aster-error.ts'
import { isBytes, isDate, isMap, isSet } from '../values/guards.ts'
import { isPlainObject, setKey } from '../values/objects.ts'
import { Checker, formatIssue } from './checker.ts'
import type { Infer, Init, Type } from './type.ts'

/** The type of a field with a default, as `t.withDefault` returns it. */
export interface DefaultType<T = unknown, I = T> extends Type<T, I | undefined> {
  /** The kind of type. */
  readonly kind: 'default'
  /** The type of the value. */
  readonly inner: Type<T, I>
}

/**
 * Returns the type of a field with its own default: `t.struct('x/Order', { quantity: t.withDefault(t.int, 1) })`. If a
 * sender omits the field, it sends this default; if a JSON message lacks the field, the reader assumes this default.
 *
 * @throws AsterError if `value` does not fit `type`
 */
export function withDefault<X extends Type>(type: X, value: Init<X>): DefaultType<Infer<X>, Init<X>> {
  const inner = type as Type<Infer<X>, Init<X>>
  if (type.kind === 'default') throw new AsterError('t.withDefault: the type has a default already')
  // The target of a lazy type may be defined later, so its default is checked at first use.
  let checked: { readonly value: Infer<X> } | undefined
  const get = (): { readonly value: Infer<X> } => (checked ??= { value: checkDefault(inner, value) })
  if (type.kind !== 'lazy') get()
  return {
    kind: 'default',
    inner,
    // Copies lists and objects, since the receiver may change them.
    zero: () => copyValue(get().value) as Infer<X>,
    check: (given, checker) => inner.check(given, checker),
  }
}

function checkDefault<T, I>(type: Type<T, I>, value: I): T {
  const checker = new Checker()
  const complete = type.check(value, checker)
  if (checker.issues.length > 0)
    throw new AsterError(`t.withDefault, the default: ${checker.issues.map(formatIssue).join('; ')}`)
  return copyValue(complete) as T
}

function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyValue)
  if (isBytes(value)) return value.slice()
  if (isSet(value)) return new Set([...value].map(copyValue))
  if (isMap(value)) return new Map([...value].map(([key, member]) => [copyValue(key), copyValue(member)]))
  if (isDate(value)) return new Date(value.getTime())
  if (!isPlainObject(value)) return value
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setKey(out, key, copyValue(value[key]))
  return out
}

/**
 * Checks that a type outside a field is not `t.withDefault`, which would have no effect: only a field can be omitted.
 *
 * @param place the place of the type, for the message
 * @throws AsterError if it is
 */
export function assertNoDefault(type: Type, place: string): void {
  // The type is `undefined` if modules import each other in a circle.
  if ((type as Type | undefined)?.kind === 'default')
    throw new AsterError(`${place}: expected a type without t.withDefault, which only the field of a struct can have`)
}
