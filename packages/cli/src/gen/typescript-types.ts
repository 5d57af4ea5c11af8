import type { NumberFormatKind, PlainKind, TypeDescription } from '@aster/description'

/** Names in the file that is written. */
export interface TypeNames {
  /** Returns the name in code of a struct or enum. */
  readonly nameOf: (name: string) => string
  /** Whether a struct or enum is not defined yet at this place in the file. */
  readonly isLater: (name: string) => boolean
}

export const NUMBER_FORMATS: readonly NumberFormatKind[] = [
  'fixedInt32',
  'fixedUint32',
  'fixedInt64',
  'fixedUint64',
  'taggedInt64',
  'taggedUint64',
]

export function isNumberFormat(kind: string): kind is NumberFormatKind {
  return (NUMBER_FORMATS as readonly string[]).includes(kind)
}

/** Returns a type as an expression: `t.optional(t.list(Point))`. */
export function typeExpression(type: TypeDescription, names: TypeNames): string {
  const inner = (part: TypeDescription): string => typeExpression(part, names)
  switch (type.kind) {
    case 'optional':
      return `t.optional(${inner(type.inner)})`
    case 'list':
    case 'set':
      return `t.${type.kind}(${inner(type.element)})`
    case 'record':
      return `t.record(${inner(type.value)})`
    case 'map':
      return `t.map(${inner(type.key)}, ${inner(type.value)})`
    case 'struct':
    case 'enum': {
      const name = names.nameOf(type.name)
      return names.isLater(type.name) ? `t.lazy(() => ${name})` : name
    }
    default:
      return isNumberFormat(type.kind) ? type.kind : `t.${type.kind}`
  }
}

/** How to write the members of an interface, for structs that contain themselves. */
export interface MemberNames {
  /** Returns the TypeScript type of a struct or enum. */
  readonly typeOf: (type: { readonly kind: 'struct' | 'enum'; readonly name: string }) => string
  /** Whether the interface is for values that a caller passes in. */
  readonly init: boolean
}

/** Returns a type as a type of TypeScript: `Point[] | undefined`. */
export function memberType(type: TypeDescription, names: MemberNames): string {
  const inner = (part: TypeDescription): string => memberType(part, names)
  const readonly = names.init ? 'Readonly' : ''
  switch (type.kind) {
    case 'optional': {
      const bare = inner(type.inner)
      return bare === 'unknown' ? bare : `${bare}${names.init ? ' | null' : ''} | undefined`
    }
    case 'list': {
      const element = inner(type.element)
      return `${names.init ? 'readonly ' : ''}${element.includes(' ') ? `(${element})` : element}[]`
    }
    case 'set':
      return `${readonly}Set<${inner(type.element)}>`
    case 'record': {
      const record = `Record<string, ${inner(type.value)}>`
      return names.init ? `Readonly<${record}>` : record
    }
    case 'map':
      return `${readonly}Map<${inner(type.key)}, ${inner(type.value)}>`
    case 'struct':
    case 'enum':
      return names.typeOf(type)
    case 'any':
      return 'unknown'
    case 'timestamp':
      return names.init ? 'Timestamp | Date' : 'Timestamp'
    default:
      return plainMember(type.kind)
  }
}

function plainMember(kind: Exclude<PlainKind, 'timestamp'>): string {
  switch (kind) {
    case 'string':
    case 'date':
      return 'string'
    case 'bool':
      return 'boolean'
    case 'bytes':
      return 'Uint8Array'
    case 'int64':
    case 'uint64':
    case 'fixedInt64':
    case 'fixedUint64':
    case 'taggedInt64':
    case 'taggedUint64':
      return 'bigint'
    default:
      return 'number'
  }
}
