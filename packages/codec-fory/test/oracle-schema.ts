import { type EnumType, type StructType, t, type Type } from '@aster/rpc-core'
import { fixedInt32, fixedInt64, fixedUint32, fixedUint64, taggedInt64, taggedUint64 } from '../src/index.ts'

/** A type in the notation of `fory_oracle.py`. */
export type Declaration =
  | { readonly tag: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly tag: string; readonly enum: readonly string[] }

/** `map<str,list<int>>` as a tree. */
export type Node = { readonly kind: string; readonly args: readonly Node[]; readonly tag: string }

export interface SchemaOptions {
  /** Whether every element, key and value may be null: pyfory ignores the annotation there, and the bytes are the same. */
  readonly nullableParts?: boolean
  /**
   * The type for Python's int.
   *
   * @default 't.int64'
   */
  readonly int?: 't.int' | 't.int64'
  /** Whether a map with string keys is a plain object. */
  readonly records?: boolean
}

const scalars: Readonly<Record<string, Type>> = {
  bool: t.bool,
  int8: t.int8,
  int16: t.int16,
  int32: t.int32,
  int64: t.int64,
  uint8: t.uint8,
  uint16: t.uint16,
  uint32: t.uint32,
  uint64: t.uint64,
  fixed_int32: fixedInt32,
  fixed_int64: fixedInt64,
  tagged_int64: taggedInt64,
  fixed_uint32: fixedUint32,
  fixed_uint64: fixedUint64,
  tagged_uint64: taggedUint64,
  float: t.float64,
  float64: t.float64,
  float32: t.float32,
  str: t.string,
  bytes: t.bytes,
  date: t.date,
  timestamp: t.timestamp,
  any: t.any,
}

/** The declarations of the oracle as our types. */
export class OracleSchema {
  readonly structs = new Map<string, StructType>()
  readonly enums = new Map<string, EnumType>()
  readonly fields = new Map<string, ReadonlyMap<string, Node>>()
  readonly #options: SchemaOptions

  constructor(declarations: readonly Declaration[], options: SchemaOptions = {}) {
    this.#options = options
    for (const declaration of declarations) {
      const { tag } = declaration
      if ('enum' in declaration) {
        this.enums.set(tag, t.enum(tag, Object.fromEntries(declaration.enum.map((name) => [name, name]))))
        continue
      }
      const nodes = new Map(Object.entries(declaration.fields).map(([name, text]) => [name, parseType(text)]))
      this.fields.set(tag, nodes)
      const types = Object.fromEntries(Array.from(nodes, ([name, node]) => [name, t.lazy(() => this.type(node))]))
      this.structs.set(tag, t.struct(tag, types, { naming: 'exact' }))
    }
  }

  type(node: Node): Type {
    const [first, second] = node.args
    switch (node.kind) {
      case 'int':
        return this.#options.int === 't.int' ? t.int : t.int64
      case 'optional':
        return t.optional(this.type(need(first)))
      case 'list':
        return t.list(this.#part(need(first)))
      case 'set':
        return t.set(this.#part(need(first)))
      case 'tuple':
        return isUniform(node) ? t.list(this.#part(need(first))) : t.list(t.any)
      case 'map':
        return this.#options.records === true && need(first).kind === 'str'
          ? t.record(this.#part(need(second)))
          : t.map(this.#part(need(first)), this.#part(need(second)))
      case 'struct':
        return need(this.structs.get(node.tag))
      case 'enum':
        return need(this.enums.get(node.tag))
      default:
        return need(scalars[node.kind])
    }
  }

  #part(node: Node): Type {
    const type = this.type(node)
    return this.#options.nullableParts === true ? t.optional(type) : type
  }
}

/**
 * Returns whether a tuple has one type: Python reads `Tuple[T, T]` as a list of T, and forgets the types of every other
 * tuple.
 */
export function isUniform(tuple: Node): boolean {
  return tuple.args.every((arg) => format(arg) === format(need(tuple.args[0])))
}

function format({ kind, args, tag }: Node): string {
  // For Python, float64 is another class than float.
  return `${kind}<${tag}${args.map(format).join(',')}>`
}

export function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the schema refers to something that is not there')
  return value
}

export function parseType(text: string): Node {
  const [node, rest] = parse(text.trim())
  if (rest.trim() !== '') throw new Error(`unexpected '${rest}' in type '${text}'`)
  return node
}

function parse(text: string): [Node, string] {
  const kind = /^\s*\w+/.exec(text)?.[0] ?? ''
  let rest = text.slice(kind.length)
  if (!rest.startsWith('<')) return [{ kind: kind.trim(), args: [], tag: '' }, rest]
  if (kind === 'struct' || kind === 'enum') {
    let depth = 0
    let at = 0
    do {
      if (rest[at] === '<') depth++
      if (rest[at] === '>') depth--
      at++
    } while (depth > 0)
    return [{ kind, args: [], tag: rest.slice(1, at - 1) }, rest.slice(at)]
  }
  const args: Node[] = []
  do {
    const [arg, after] = parse(rest.slice(1).trimStart())
    args.push(arg)
    rest = after.trimStart()
  } while (rest.startsWith(','))
  return [{ kind, args, tag: '' }, rest.slice(1)]
}
