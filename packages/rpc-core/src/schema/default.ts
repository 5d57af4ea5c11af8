import { AsterError } from '../aster-error.ts'
import { isBytes, isDate, isMap, isSet } from '../values/guards.ts'
import { isPlainObject, setKey } from '../values/objects.ts'
import { Checker, formatIssue } from './checker.ts'
import type { Infer, Init, Type } from './type.ts'

export interface DefaultType<T = unknown, I = T> extends Type<T, I | undefined> {
  readonly kind: 'default'
  readonly inner: Type<T, I>
}

/**
 * The type of a field with a default of its own: `t.struct('x/Order', { quantity: t.withDefault(t.int, 1) })`. A field that is
 * left out is sent with this value, and one that is missing in a JSON message is read as this value.
 *
 * @throws AsterError if `value` does not fit `type`
 */
export function withDefault<X extends Type>(type: X, value: Init<X>): DefaultType<Infer<X>, Init<X>> {
  const inner = type as Type<Infer<X>, Init<X>>
  if (type.kind === 'default') throw new AsterError('t.withDefault: the type has a default already')
  // A lazy type cannot be asked yet: what it stands for may be defined later.
  let checked: { readonly value: Infer<X> } | undefined
  const get = (): { readonly value: Infer<X> } => (checked ??= { value: checkDefault(inner, value) })
  if (type.kind !== 'lazy') get()
  return {
    kind: 'default',
    inner,
    // A list or an object must not be shared: the receiver may change it.
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
 * Refuses `t.withDefault` where it has no effect: only a field can be left out.
 *
 * @throws AsterError naming `place`
 */
export function assertNoDefault(type: Type, place: string): void {
  // `undefined` is what modules that import each other in a circle give.
  if ((type as Type | undefined)?.kind === 'default')
    throw new AsterError(`${place}: t.withDefault stands around the type of a field, for only a field can be left out`)
}
