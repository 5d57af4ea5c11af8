import { AsterError } from '../aster-error.ts'
import { Checker, formatIssue } from './checker.ts'
import { hasDefault } from './has-default.ts'
import { snakeCase } from './naming.ts'
import { isObject, isPlainObject, memberOf } from '../values/objects.ts'
import type { StandardSchema } from './standard-schema.ts'
import { splitTag } from './tag.ts'
import type { Infer, Init, Type } from './type.ts'

/** A field with an explicit wire name, as `t.named` returns it. */
export interface NamedField<X extends Type = Type> {
  /** The name on the wire. */
  readonly wireName: string
  /** The type of the field. */
  readonly type: X
}

/**
 * Returns a field with a wire name that no naming rule derives: `t.struct('x/Y', { userId: t.named('UserID', t.string) })`.
 *
 * @throws AsterError if the wire name is empty
 */
export function named<X extends Type>(wireName: string, type: X): NamedField<X> {
  if (wireName === '') throw new AsterError('t.named: expected a wire name that is not empty')
  return { wireName, type }
}

/** The fields of a struct by their TypeScript names. */
export type Fields = Readonly<Record<string, Type | NamedField>>
type TypeOf<F> = F extends Type ? F : F extends NamedField<infer X> ? X : never
// Editors show the result of a conditional type. For any other alias they would show its name and its type arguments, here
// all fields with their types.
type InferFields<F extends Fields> = F extends unknown ? { -readonly [K in keyof F]: Infer<TypeOf<F[K]>> } : never
type RequiredStruct = { readonly kind: 'struct'; readonly required: true }
/** Whether an omitted field of type `X` has a value. `R`: whether its struct has `required: true`. */
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

/** A field of a struct. */
export interface Field {
  /** The TypeScript name. */
  readonly name: string
  /** The name on the wire. */
  readonly wireName: string
  /** The type. */
  readonly type: Type
  /** Whether a value must have this field, because the field has no default. */
  readonly required: boolean
}

/** The type of `t.struct`. */
export interface StructType<F extends Fields = Fields, R extends boolean = boolean>
  extends Type<InferFields<F>, InitFields<F, R>>, StandardSchema<InitFields<F, R>, InferFields<F>> {
  /** The kind of type. */
  readonly kind: 'struct'
  /** The name on the wire, such as `'shop/Order'`. */
  readonly tag: string
  /** The part of the tag before the last slash; empty without a slash. */
  readonly namespace: string
  /** The part of the tag after the last slash. */
  readonly name: string
  /** The fields in declaration order. */
  readonly fields: readonly Field[]
  /** Whether its fields have no implied defaults. */
  readonly required: R
  /** A description for people, if the definition has one. */
  readonly doc?: string
}

/** Options of `t.struct`. */
export interface StructOptions<R extends boolean = boolean> {
  /**
   * How wire names are made: `snake` derives them (`maybeText` becomes `maybe_text`), `exact` uses the TypeScript names.
   *
   * @default 'snake'
   */
  naming?: 'snake' | 'exact'
  /**
   * Whether a value must have every field except those of `t.optional`, `t.withDefault` and `t.any`. If true, no other
   * field has an implied default, and a value or a JSON message without one of them is rejected.
   *
   * @default false
   */
  required?: R | undefined
  /**
   * A description for people, which becomes part of a service's description.
   *
   * @default no description
   */
  doc?: string | undefined
}

/**
 * Returns the type of a message: a tag, which is its name on the wire, and fields.
 *
 * @throws AsterError if the tag or a field is malformed, or if two fields have the same wire name
 */
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
      // A class instance may have further members. In a plain object an unknown key is a mistake.
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

/** Makes a field. Whether it is required is determined at first use, since a lazy type cannot be resolved earlier. */
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
