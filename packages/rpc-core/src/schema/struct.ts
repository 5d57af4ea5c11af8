import { AsterError } from '../aster-error.ts'
import { Checker, formatIssue } from './checker.ts'
import { hasDefault } from './has-default.ts'
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
// A conditional type, for editors show what it results in, and of other aliases the name with all that it is computed from.
type InferFields<F extends Fields> = F extends unknown ? { -readonly [K in keyof F]: Infer<TypeOf<F[K]>> } : never
type RequiredStruct = { readonly kind: 'struct'; readonly required: true }
/** Whether a field of type `X` has a value of its own if it is left out. `R`: of a struct with `required: true`. */
type HasDefault<X extends Type, R> =
  undefined extends Init<X> ? true : [R] extends [true] ? false : X extends RequiredStruct ? false : true
type NeededKey<F extends Fields, R> = { [K in keyof F]: HasDefault<TypeOf<F[K]>, R> extends true ? never : K }[keyof F]
type InitFields<F extends Fields, R = false> = [NeededKey<F, R>] extends [never]
  ? { readonly [K in keyof F]?: Init<TypeOf<F[K]>> | undefined }
  : { readonly [K in NeededKey<F, R>]: Init<TypeOf<F[K]>> } & {
        readonly [K in Exclude<keyof F, NeededKey<F, R>>]?: Init<TypeOf<F[K]>> | undefined
      } extends infer All
    ? { [K in keyof All]: All[K] }
    : never

export interface Field {
  /** The TypeScript name. */
  readonly name: string
  readonly wireName: string
  readonly type: Type
  /** Whether a value must have this field: it has no default. */
  readonly required: boolean
}

export interface StructType<F extends Fields = Fields, R extends boolean = boolean>
  extends Type<InferFields<F>, InitFields<F, R>>, StandardSchema<InitFields<F, R>, InferFields<F>> {
  readonly kind: 'struct'
  readonly tag: string
  readonly namespace: string
  readonly name: string
  /** In declaration order. */
  readonly fields: readonly Field[]
  /** Whether its fields have no implied defaults. */
  readonly required: R
  /** What it stands for, for people. Absent if that is not said. */
  readonly doc?: string
}

export interface StructOptions<R extends boolean = boolean> {
  /** `snake` derives the wire name of a field (`maybeText` → `maybe_text`), `exact` takes it as it stands. @default 'snake' */
  naming?: 'snake' | 'exact'
  /**
   * Whether every field must be given, but for those of `t.optional`, `t.withDefault` and `t.any`. The others have no implied
   * defaults then: a value or a JSON message without one of them is refused. @default false
   */
  required?: R | undefined
  /** What it stands for, for people: a description of a service has it. @default none */
  doc?: string | undefined
}

/** A message: a tag, which is its name on the wire, and fields. */
export function struct<const F extends Fields, const R extends boolean = false>(
  tag: string,
  fields: F,
  options: StructOptions<R> = {},
): StructType<F, R> {
  const parts = splitTag('struct', tag)
  const required = (options.required ?? false) as R
  const list = fieldList({ tag, fields, naming: options.naming ?? 'snake', required })
  const known = new Set(list.map((field) => field.name))
  let zeroing = false
  const type: StructType<F, R> = {
    kind: 'struct',
    tag,
    ...parts,
    fields: list,
    required,
    ...(options.doc !== undefined && { doc: options.doc }),
    zero() {
      if (zeroing) throw new AsterError(`struct ${tag} contains itself: use t.optional or a container in between`)
      zeroing = true
      try {
        return Object.fromEntries(list.map((field) => [field.name, zeroOf(tag, field)])) as InferFields<F>
      } finally {
        zeroing = false
      }
    },
    check(value, checker) {
      if (!isObject(value)) return checker.mismatch(`an object (${tag})`, value)
      const out: Record<string, unknown> = {}
      for (const field of list) {
        const given = memberOf(value, field.name)
        if (given !== undefined || field.required) {
          out[field.name] = checker.enter(field.name, () =>
            given === undefined ? checker.fail(`missing in ${tag}`) : field.type.check(given, checker),
          )
        } else out[field.name] = field.type.zero()
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

interface FieldListParts {
  readonly tag: string
  readonly fields: Fields
  readonly naming: 'snake' | 'exact'
  readonly required: boolean
}

function fieldList({ tag, fields, naming, required }: FieldListParts): readonly Field[] {
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
    return makeField({ name, wireName, type: isNamed ? field.type : field }, required)
  })
}

/** Whether a field is required is asked for at first use: a lazy type cannot be asked before. */
function makeField(parts: Omit<Field, 'required'>, ofRequired: boolean): Field {
  let required: boolean | undefined
  return {
    ...parts,
    get required() {
      return (required ??= !hasDefault(parts.type, ofRequired))
    },
  }
}

function zeroOf(tag: string, { name, type, required }: Field): unknown {
  if (required) throw new AsterError(`struct ${tag}: field '${name}' is required, and has no default`)
  return type.zero()
}
