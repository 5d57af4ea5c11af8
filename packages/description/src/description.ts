import type { MethodKind, Requirement, ServiceScope } from '@aster/rpc-core'

/**
 * Services and every type that their messages consist of, as JSON. `describeServices` makes a description from definitions,
 * `parseDescription` checks one, and `toDefinitions` turns it back into definitions.
 */
export interface Description {
  /** The version of this format. */
  readonly asterDescription: 1
  /** The program or package that made the description, for display, such as `my_services, Python 3.12, aster-rpc 0.1.2`. */
  readonly source?: string | undefined
  /** The services. */
  readonly services: readonly ServiceDescription[]
  /** The structs and enums, each once. A type comes after the types that it contains, unless they contain each other. */
  readonly types: readonly NamedTypeDescription[]
}

/** The description of a service. */
export interface ServiceDescription {
  /** The name on the wire. */
  readonly name: string
  /** The name of the constant in code, such as `HelloService`, which no other service or type has. */
  readonly constant: string
  /** The version, a positive integer. */
  readonly version: number
  /** Whether calls share one instance, or each session has its own. */
  readonly scope: ServiceScope
  /** The serialization modes of the producer, in the order in which the producer declares them. */
  readonly serializationModes: readonly SerializationModeName[]
  /** The methods. */
  readonly methods: readonly MethodDescription[]
  /** The roles that a caller of any method must have. Absent if there is no rule. */
  readonly requires?: Requirement | undefined
  /** The largest message of any method, in bytes. Absent if only the limit of the protocol applies. */
  readonly maxMessageBytes?: number | undefined
  /** A description for people. */
  readonly doc?: string | undefined
  /** The contract id that the producer publishes: 64 hex digits. */
  readonly contractId?: string | undefined
  /** The Python class, `module.Class`. */
  readonly pythonName?: string | undefined
  /**
   * Whether the Python module begins with `from __future__ import annotations`, which changes the contract id.
   *
   * @default false
   */
  readonly postponedAnnotations?: boolean | undefined
}

/** The name of a serialization mode. */
export type SerializationModeName = 'xlang' | 'native' | 'row' | 'json'

/** The description of a method. */
export interface MethodDescription {
  /** The name in TypeScript, such as `sayHello`. */
  readonly name: string
  /** The name on the wire. */
  readonly wireName: string
  /** The kind of method. */
  readonly kind: MethodKind
  /** The type of its requests. */
  readonly request: TypeDescription
  /** The type of its responses. */
  readonly response: TypeDescription
  /**
   * Whether the method may run twice without harm.
   *
   * @default false
   */
  readonly idempotent?: boolean | undefined
  /** The time limit in milliseconds. Absent if there is no limit. */
  readonly timeoutMs?: number | undefined
  /** The largest message in bytes. Absent if there is no limit. */
  readonly maxMessageBytes?: number | undefined
  /** The roles that a caller must have, in addition to those that the service requires. Absent if there is no rule. */
  readonly requires?: Requirement | undefined
  /** A description for people. */
  readonly doc?: string | undefined
}

/**
 * A kind of type that has no parts. `fixedInt32` and the like are kinds of `pyfory`: `fixedInt32` has the values of an
 * `int32`, in another encoding.
 */
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

/** The kinds of `pyfory` that encode a number in another width than `t` does. */
export type NumberFormatKind =
  | 'fixedInt32'
  | 'fixedUint32'
  | 'fixedInt64'
  | 'fixedUint64'
  | 'taggedInt64'
  | 'taggedUint64'

/** The type of a field, of a message, or of a part of a type. The names of the kinds are those of `t`. */
export type TypeDescription = KindDescription & {
  /**
   * Whether Python's contract ids have no name for the type, as is the case for a tuple.
   *
   * @default false
   */
  readonly pythonAny?: boolean | undefined
}

/** A kind of type and its parts. */
export type KindDescription =
  | { readonly kind: PlainKind }
  /**
   * A value of no declared type. `of` lists the types that its values are known to have, such as those of a Python `Union`.
   */
  | { readonly kind: 'any'; readonly of?: readonly TypeDescription[] | undefined }
  | { readonly kind: 'optional'; readonly inner: TypeDescription }
  | { readonly kind: 'list' | 'set'; readonly element: TypeDescription }
  | { readonly kind: 'record'; readonly value: TypeDescription }
  | { readonly kind: 'map'; readonly key: TypeDescription; readonly value: TypeDescription }
  /** A struct or an enum in `types`, by its `name`. */
  | { readonly kind: 'struct' | 'enum'; readonly name: string }

/** The description of a struct or an enum. */
export type NamedTypeDescription = StructDescription | EnumDescription

/** The description of a struct. */
export interface StructDescription {
  /** The kind of type. */
  readonly kind: 'struct'
  /** The name of the constant in code, such as `Point`, which no other service or type has. */
  readonly name: string
  /** The name on the wire, such as `geo/Point`. */
  readonly tag: string
  /**
   * Whether its fields have no implied defaults, as with `t.struct(…, { required: true })`.
   *
   * @default false
   */
  readonly required?: boolean | undefined
  /** The fields in declaration order. */
  readonly fields: readonly FieldDescription[]
  /** A description for people. */
  readonly doc?: string | undefined
  /** The Python class, `module.Class`. */
  readonly pythonName?: string | undefined
}

/** The description of a field. */
export interface FieldDescription {
  /** The name in TypeScript, such as `maybeText`. */
  readonly name: string
  /** The name on the wire, such as `maybe_text`. */
  readonly wireName: string
  /** The type. */
  readonly type: TypeDescription
  /**
   * The value of an omitted field, as `toJson` writes it. Absent if the field takes the default of its type, or is required.
   */
  readonly default?: JsonValue | undefined
  /** A description for people. */
  readonly doc?: string | undefined
}

/** The description of an enum. */
export interface EnumDescription {
  /** The kind of type. */
  readonly kind: 'enum'
  /** The name of the constant in code, such as `Color`, which no other service or type has. */
  readonly name: string
  /** The name on the wire, such as `shop/Color`. */
  readonly tag: string
  /** The members in declaration order, which is their order on the wire. */
  readonly members: readonly EnumMemberDescription[]
  /** The value that a reader returns for an unknown member. Absent if an unknown member is an error. */
  readonly unknown?: string | number | undefined
  /** The base of the Python class: `Enum`, `IntEnum`, or an enum whose members are strings. */
  readonly base?: 'enum' | 'int' | 'string' | undefined
  /** A description for people. */
  readonly doc?: string | undefined
  /** The Python class, `module.Class`. */
  readonly pythonName?: string | undefined
}

/** The description of a member of an enum. */
export interface EnumMemberDescription {
  /** The name of the member. */
  readonly name: string
  /** Its value. */
  readonly value: string | number
  /** A description for people. */
  readonly doc?: string | undefined
}

/** A value that JSON can represent. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
