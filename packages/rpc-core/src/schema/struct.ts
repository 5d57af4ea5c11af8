import { AsterError } from '../aster-error.ts'
import { Checker, formatIssue } from './checker.ts'
import { snakeCase } from './naming.ts'
import { isObject, isPlainObject, memberOf } from '../values/objects.ts'
import type { StandardSchema } from './standard-schema.ts'
import { splitTag } from './tag.ts'
import type { Infer, Init, Type } from './type.ts'

/** A field with a wire name of its own. */
export interface NamedField<X extends Type = Type> {
  readonly wireName: string
  readonly type: X
}

/** Gives a field the wire name that no rule derives: `t.struct('x/Y', { userId: t.named('UserID', t.string) })`. */
export function named<X extends Type>(wireName: string, type: X): NamedField<X> {
  if (wireName === '') throw new AsterError('t.named: expected a wire name that is not empty')
  return { wireName, type }
}

export type Fields = Readonly<Record<string, Type | NamedField>>
type TypeOf<F> = F extends Type ? F : F extends NamedField<infer X> ? X : never
type InferFields<F extends Fields> = { -readonly [K in keyof F]: Infer<TypeOf<F[K]>> }
type InitFields<F extends Fields> = { readonly [K in keyof F]?: Init<TypeOf<F[K]>> | undefined }

export interface Field {
  /** The TypeScript name. */
  readonly name: string
  readonly wireName: string
  readonly type: Type
}

export interface StructType<F extends Fields = Fields>
  extends Type<InferFields<F>, InitFields<F>>, StandardSchema<InitFields<F>, InferFields<F>> {
  readonly kind: 'struct'
  readonly tag: string
  readonly namespace: string
  readonly name: string
  /** In declaration order. */
  readonly fields: readonly Field[]
}

export interface StructOptions {
  /** `snake` derives the wire name of a field (`maybeText` → `maybe_text`), `exact` takes it as it stands. @default 'snake' */
  naming?: 'snake' | 'exact'
}

/** A message: a tag, which is its name on the wire, and fields. */
export function struct<const F extends Fields>(tag: string, fields: F, options: StructOptions = {}): StructType<F> {
  const parts = splitTag('struct', tag)
  const list = fieldList(tag, fields, options.naming ?? 'snake')
  const known = new Set(list.map((field) => field.name))
  let zeroing = false
  const type: StructType<F> = {
    kind: 'struct',
    tag,
    ...parts,
    fields: list,
    zero() {
      if (zeroing) throw new AsterError(`struct ${tag} contains itself: use t.optional or a container in between`)
      zeroing = true
      try {
        return Object.fromEntries(list.map((field) => [field.name, field.type.zero()])) as InferFields<F>
      } finally {
        zeroing = false
      }
    },
    check(value, checker) {
      if (!isObject(value)) return checker.mismatch(`an object (${tag})`, value)
      const out: Record<string, unknown> = {}
      for (const field of list) {
        const given = memberOf(value, field.name)
        out[field.name] =
          given === undefined ? field.type.zero() : checker.enter(field.name, () => field.type.check(given, checker))
      }
      // A class instance may carry members of its own; in a plain object an unknown key is a slip.
      if (isPlainObject(value)) {
        for (const key of Object.keys(value)) {
          if (!known.has(key)) checker.enter(key, () => checker.fail(`no such field in ${tag}`))
        }
      }
      return out as InferFields<F>
    },
    '~standard': {
      version: 1,
      vendor: 'aster',
      validate(value) {
        const checker = new Checker()
        const complete = type.check(value, checker)
        if (checker.issues.length === 0) return { value: complete }
        return { issues: checker.issues.map((issue) => ({ path: issue.path, message: formatIssue(issue) })) }
      },
    },
  }
  return type
}

function fieldList(tag: string, fields: Fields, naming: 'snake' | 'exact'): readonly Field[] {
  const seen = new Map<string, string>()
  return Object.entries(fields).map(([name, field]) => {
    if (/^(0|[1-9]\d*)$/.test(name) || name === '__proto__')
      throw new AsterError(`struct ${tag}: '${name}' cannot be a field name`)
    if (field === undefined)
      throw new AsterError(`struct ${tag}: field '${name}' has no type (for a type that is defined later use t.lazy)`)
    const isNamed = 'wireName' in field
    const wireName = isNamed ? field.wireName : naming === 'exact' ? name : snakeCase(name)
    const other = seen.get(wireName)
    if (other !== undefined)
      throw new AsterError(`struct ${tag}: fields '${other}' and '${name}' have the same wire name '${wireName}'`)
    seen.set(wireName, name)
    return { name, wireName, type: isNamed ? field.type : field }
  })
}
