import {
  fromJson,
  type JsonValue,
  type NamedTypeDescription,
  type NumberFormatKind,
  type PlainKind,
  type StructDescription,
  type TypeDescription,
} from '@aster/description'
import { escapeUnprintable, isBytes } from '@aster/rpc-core/schema'
import { zeroJson } from './type-graph.ts'

type TypeIndex = ReadonlyMap<string, NamedTypeDescription>

/** Names in the module that is written. */
export interface PythonNames {
  /** Returns the name in code of a struct or enum. */
  readonly nameOf: (name: string) => string
  /** Adds an import, and returns its name in code: `typing.List`. */
  readonly use: (module: string, name: string) => string
  readonly index: TypeIndex
}

/** The kinds of numbers with a type in `pyfory`. The others are types of Python. */
const NUMBERS: Readonly<Partial<Record<PlainKind, string>>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float32: 'float32',
  fixedInt32: 'fixed_int32',
  fixedUint32: 'fixed_uint32',
  fixedInt64: 'fixed_int64',
  fixedUint64: 'fixed_uint64',
  taggedInt64: 'tagged_int64',
  taggedUint64: 'tagged_uint64',
} satisfies Partial<Record<PlainKind | NumberFormatKind, string>>

/** Returns a type as an annotation: `Optional[List[Point]]`. */
export function annotation(type: TypeDescription, names: PythonNames): string {
  const inner = (part: TypeDescription): string => annotation(part, names)
  const typing = (name: string): string => names.use('typing', name)
  switch (type.kind) {
    case 'optional':
      return `${typing('Optional')}[${inner(type.inner)}]`
    case 'list':
      return `${typing('List')}[${inner(type.element)}]`
    case 'set':
      return `${typing('Set')}[${inner(type.element)}]`
    case 'record':
      return `${typing('Dict')}[str, ${inner(type.value)}]`
    case 'map':
      return `${typing('Dict')}[${inner(type.key)}, ${inner(type.value)}]`
    case 'struct':
    case 'enum':
      return names.nameOf(type.name)
    case 'any':
      return typing('Any')
    case 'string':
      return 'str'
    case 'bool':
    case 'bytes':
      return type.kind
    case 'int':
    case 'int64':
      // Both types are the same on the wire, but Python's contract ids have a name only for `int`.
      return type.pythonAny === true ? `${names.use('', 'pyfory')}.int64` : 'int'
    case 'float64':
      return type.pythonAny === true ? `${names.use('', 'pyfory')}.float64` : 'float'
    case 'timestamp':
      return names.use('datetime', 'datetime')
    case 'date':
      return names.use('datetime', 'date')
    default:
      return `${names.use('', 'pyfory')}.${NUMBERS[type.kind] ?? type.kind}`
  }
}

/** Returns the default of a field, to be written after its annotation: ` = 0`, ` = field(default_factory=list)`. */
export function defaultOf(type: TypeDescription, json: JsonValue | undefined, names: PythonNames): string {
  if (type.kind === 'optional' || type.kind === 'any') {
    if (json === undefined || json === null) return ' = None'
  }
  const bare = type.kind === 'optional' ? type.inner : type
  const factory = (text: string): string => ` = ${names.use('dataclasses', 'field')}(default_factory=${text})`
  const empty = json === undefined || (Array.isArray(json) && json.length === 0)
  switch (bare.kind) {
    case 'list':
    case 'set':
      return factory(empty ? bare.kind : `lambda: ${pythonValue(bare, json, names)}`)
    case 'record':
    case 'map':
      return factory(empty ? 'dict' : `lambda: ${pythonValue(bare, json, names)}`)
    case 'struct': {
      const value = json === undefined ? `${names.nameOf(bare.name)}()` : pythonValue(bare, json, names)
      return factory(value === `${names.nameOf(bare.name)}()` ? names.nameOf(bare.name) : `lambda: ${value}`)
    }
    case 'any':
      return typeof json === 'object' && json !== null
        ? factory(`lambda: ${plainValue(json)}`)
        : ` = ${plainValue(json ?? null)}`
    default:
      return ` = ${pythonValue(bare, json ?? zeroOf(bare, names.index), names)}`
  }
}

function zeroOf(type: TypeDescription, index: TypeIndex): JsonValue {
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return ''
    case 'bool':
      return false
    case 'timestamp':
      return '1970-01-01T00:00:00Z'
    case 'date':
      return '1970-01-01'
    case 'enum': {
      const found = index.get(type.name)
      return found?.kind === 'enum' ? (found.members[0]?.name ?? '') : ''
    }
    default:
      return 0
  }
}

function pythonValue(type: TypeDescription, json: JsonValue, names: PythonNames): string {
  const inner = (part: TypeDescription) => (item: JsonValue) => pythonValue(part, item, names)
  switch (type.kind) {
    case 'optional':
      return json === null ? 'None' : inner(type.inner)(json)
    case 'list':
      return `[${(json as JsonValue[]).map(inner(type.element)).join(', ')}]`
    case 'set':
      return (json as JsonValue[]).length === 0
        ? 'set()'
        : `{${(json as JsonValue[]).map(inner(type.element)).join(', ')}}`
    case 'record':
    case 'map': {
      const key = type.kind === 'map' ? inner(type.key) : (item: JsonValue) => pythonString(item as string)
      const pairs = (json as [JsonValue, JsonValue][]).map(([k, v]) => `${key(k)}: ${inner(type.value)(v)}`)
      return `{${pairs.join(', ')}}`
    }
    case 'struct': {
      const struct = names.index.get(type.name) as StructDescription
      const members = json as Readonly<Record<string, JsonValue>>
      const given = struct.fields.flatMap((field) => {
        const item = members[field.wireName]
        if (item === undefined || JSON.stringify(item) === JSON.stringify(zeroJson(field, struct, names.index)))
          return []
        return [`${field.wireName}=${pythonValue(field.type, item, names)}`]
      })
      return `${names.nameOf(type.name)}(${given.join(', ')})`
    }
    case 'enum':
      return `${names.nameOf(type.name)}.${memberOf(type.name, json as string, names)}`
    case 'any':
      return plainValue(json)
    case 'bytes':
      return pythonBytes(fromJson(type, json, names.index) as Uint8Array)
    case 'timestamp':
      return `${names.use('datetime', 'datetime')}.fromisoformat(${pythonString((json as string).replace(/Z$/, '+00:00'))})`
    case 'date':
      return `${names.use('datetime', 'date')}.fromisoformat(${pythonString(json as string)})`
    case 'string':
      return pythonString(json as string)
    case 'bool':
      return json === true ? 'True' : 'False'
    case 'float32':
    case 'float64':
      return pythonFloat(fromJson(type, json, names.index) as number)
    default:
      return String(json as number | string)
  }
}

function memberOf(name: string, member: string, { index, nameOf }: PythonNames): string {
  const found = index.get(name)
  // The same map holds the names in code of members, as `Enum.member`.
  return found?.kind === 'enum' ? nameOf(`${name}.${member}`) : member
}

function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'float("nan")'
  if (!Number.isFinite(value)) return value > 0 ? 'float("inf")' : 'float("-inf")'
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) && !String(value).includes('e') ? `${value}.0` : String(value)
}

export function pythonString(text: string): string {
  // Python reads the escapes of JSON, except pairs of surrogates.
  return escapeUnprintable(JSON.stringify(text)).replace(
    /(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/gi,
    (_, before: string, high: string, low: string) => {
      const point = String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)).codePointAt(0) ?? 0
      return `${before}\\U${point.toString(16).padStart(8, '0')}`
    },
  )
}

function pythonBytes(bytes: Uint8Array): string {
  if (!isBytes(bytes)) return 'b""'
  const body = [...bytes].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  )
  return `b"${body.join('')}"`
}

function plainValue(json: JsonValue): string {
  if (json === null) return 'None'
  if (json === true) return 'True'
  if (json === false) return 'False'
  if (typeof json === 'string') return pythonString(json)
  if (typeof json === 'number') return String(json)
  if (Array.isArray(json)) return `[${(json as JsonValue[]).map(plainValue).join(', ')}]`
  const pairs = Object.entries(json).map(([key, item]) => `${pythonString(key)}: ${plainValue(item)}`)
  return `{${pairs.join(', ')}}`
}
