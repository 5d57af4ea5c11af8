import type { MethodKind, Requirement, ServiceScope } from '@aster/rpc-core'

/**
 * Services with every type that their messages are made of, as JSON. `parseDescription` checks one, `describeServices` makes
 * one of definitions, and `toDefinitions` makes definitions of it again.
 */
export interface Description {
  /** The version of this format. */
  readonly asterDescription: 1
  /** What made it, for people: `my_services, Python 3.12, aster-rpc 0.1.2`. */
  readonly source?: string | undefined
  readonly services: readonly ServiceDescription[]
  /** Each type once. One that others contain stands before them, unless they contain one another. */
  readonly types: readonly NamedTypeDescription[]
}

export interface ServiceDescription {
  /** The name on the wire. */
  readonly name: string
  /** The constant in code, different from that of every other service and type: `HelloService`. */
  readonly constant: string
  /** A positive integer. */
  readonly version: number
  readonly scope: ServiceScope
  /** As the producer declares them, in its order. */
  readonly serializationModes: readonly SerializationModeName[]
  readonly methods: readonly MethodDescription[]
  readonly requires?: Requirement | undefined
  /** In bytes; absent if there is no limit beside that of the protocol. */
  readonly maxMessageBytes?: number | undefined
  readonly doc?: string | undefined
  /** 64 hex digits: what the producer publishes. */
  readonly contractId?: string | undefined
  /** The Python class, `module.Class`. */
  readonly pythonName?: string | undefined
  /** Whether the Python module begins with `from __future__ import annotations`, which changes the contract id. */
  readonly postponedAnnotations?: boolean | undefined
}

export type SerializationModeName = 'xlang' | 'native' | 'row' | 'json'

export interface MethodDescription {
  /** The name in TypeScript: `sayHello`. */
  readonly name: string
  readonly wireName: string
  readonly kind: MethodKind
  readonly request: TypeDescription
  readonly response: TypeDescription
  /** @default false */
  readonly idempotent?: boolean | undefined
  /** Milliseconds; absent if there is none. */
  readonly timeoutMs?: number | undefined
  readonly maxMessageBytes?: number | undefined
  readonly requires?: Requirement | undefined
  readonly doc?: string | undefined
}

/** A kind of type that has no parts. `fixedInt32` and its like are those of `pyfory`: the values of an `int32`, of a width of their own. */
export type PlainKind =
  | 'string'
  | 'bool'
  | 'bytes'
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'timestamp'
  | 'date'
  | NumberFormatKind

export type NumberFormatKind =
  | 'fixedInt32'
  | 'fixedUint32'
  | 'fixedInt64'
  | 'fixedUint64'
  | 'taggedInt64'
  | 'taggedUint64'

/** The type of a field, of a message, or of a part of one. The words are those of `t`. */
export type TypeDescription = KindDescription & {
  /** Whether it is something that contract ids of Python have no name for, such as a tuple. @default false */
  readonly pythonAny?: boolean | undefined
}

/** What a type is: a kind, and its parts. */
export type KindDescription =
  | { readonly kind: PlainKind }
  /** A value of no declared type. `of` lists the types that it is known to be of, such as those of a Python `Union`. */
  | { readonly kind: 'any'; readonly of?: readonly TypeDescription[] | undefined }
  | { readonly kind: 'optional'; readonly inner: TypeDescription }
  | { readonly kind: 'list' | 'set'; readonly element: TypeDescription }
  | { readonly kind: 'record'; readonly value: TypeDescription }
  | { readonly kind: 'map'; readonly key: TypeDescription; readonly value: TypeDescription }
  /** One of `types`, by its `name`. */
  | { readonly kind: 'struct' | 'enum'; readonly name: string }

export type NamedTypeDescription = StructDescription | EnumDescription

export interface StructDescription {
  readonly kind: 'struct'
  /** The constant in code, different from that of every other service and type: `Point`. */
  readonly name: string
  /** The name on the wire: `geo/Point`. */
  readonly tag: string
  /** Whether its fields have no implied defaults, as with `t.struct(…, { required: true })`. @default false */
  readonly required?: boolean | undefined
  /** In the order of declaration. */
  readonly fields: readonly FieldDescription[]
  readonly doc?: string | undefined
  /** The Python class, `module.Class`. */
  readonly pythonName?: string | undefined
}

export interface FieldDescription {
  /** The name in TypeScript: `maybeText`. */
  readonly name: string
  /** The name on the wire: `maybe_text`. */
  readonly wireName: string
  readonly type: TypeDescription
  /** What the field is if it is left out, in the form of `toJson`. Absent if that is the zero of its type, or if it is required. */
  readonly default?: JsonValue | undefined
  readonly doc?: string | undefined
}

export interface EnumDescription {
  readonly kind: 'enum'
  /** As that of a struct. */
  readonly name: string
  readonly tag: string
  /** In the order of declaration, which is that of the wire. */
  readonly members: readonly EnumMemberDescription[]
  /** What a reader gets for a member that it does not know. */
  readonly unknown?: string | number | undefined
  /** What the Python class is: `Enum`, `IntEnum`, or an enum of strings, whose members are strings. */
  readonly base?: 'enum' | 'int' | 'string' | undefined
  readonly doc?: string | undefined
  readonly pythonName?: string | undefined
}

export interface EnumMemberDescription {
  readonly name: string
  readonly value: string | number
  readonly doc?: string | undefined
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
