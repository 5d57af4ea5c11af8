import type { EnumType, StructType } from '@aster/rpc-core'
import { throwInvalid } from '../wire/failure.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'
import { chooseEncoding, encodeName, type NameEncoding, type NameRole, registrationProblem } from './meta-string.ts'
import { TypeId } from './type-id.ts'

/** Decides which names count as the same within a message. */
export interface NameRules {
  /** Returns a key for a name. Of the names with equal keys, the first is written in full, and the others refer to it. */
  nameKey(use: NameUse): string
}

/** A name within a type. */
export interface NameUse {
  readonly tag: string
  readonly role: NameRole
  readonly text: string
  readonly encoding: NameEncoding
}

/** A namespace or type name, and its place in the last message that contains it. */
export interface Name {
  readonly text: string
  /** The bytes of the first occurrence in a message. */
  readonly bytes: Uint8Array
  /** The number of the last message that contains the name. */
  message: number
  /** The place of the name among the names of that message. */
  index: number
}

/** A struct or enum with its two names. */
export interface NamedType {
  readonly tag: string
  readonly typeId: number
  readonly namespace: Name
  readonly name: Name
}

/** The names of one codec. */
export class TypeNames {
  readonly #rules: NameRules
  readonly #names = new Map<string, Name>()
  readonly #types = new Map<string, NamedType>()

  constructor(rules: NameRules) {
    this.#rules = rules
  }

  get(type: StructType | EnumType): NamedType {
    const id = `${type.kind} ${type.tag}`
    let named = this.#types.get(id)
    if (named === undefined) {
      named = {
        tag: type.tag,
        typeId: type.kind === 'struct' ? TypeId.NAMED_STRUCT : TypeId.NAMED_ENUM,
        namespace: this.#name(type, 'namespace', type.namespace),
        name: this.#name(type, 'typeName', type.name),
      }
      this.#types.set(id, named)
    }
    return named
  }

  #name(type: StructType | EnumType, role: NameRole, text: string): Name {
    const key = this.#rules.nameKey({ tag: type.tag, role, text, encoding: chooseEncoding(text, role) })
    let name = this.#names.get(key)
    if (name === undefined) {
      name = { text, bytes: encodeName(text, role), message: 0, index: 0 }
      this.#names.set(key, name)
    }
    return name
  }
}

/** @throws Failure if no Python class can be registered under the type's tag (quirk 39 of docs/python-0.1.md) */
export function assertRegistrable(type: StructType | EnumType): void {
  const part = registrationProblem(type.namespace, 'namespace') === undefined ? 'name' : 'namespace'
  const reason = registrationProblem(type.namespace, 'namespace') ?? registrationProblem(type.name, 'typeName')
  if (reason === undefined) return
  throwInvalid(`${type.kind} ${type.tag}: Python cannot register a ${part} with ${reason}; use another tag`)
}

/** Writes a name in full the first time, and later as its place among the names of the message. */
export function writeName(out: WriteBuffer, name: Name): void {
  if (claimName(out, name)) out.prefix(name.bytes)
  else out.var32(((name.index + 1) << 1) | 1)
}

/** Assigns a name its place in this message. Returns `false` if the name has one already. */
export function claimName(out: WriteBuffer, name: Name): boolean {
  if (name.message === out.message) return false
  name.message = out.message
  name.index = out.names++
  return true
}
