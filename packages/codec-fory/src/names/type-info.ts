import { printable } from '@aster/rpc-core/schema'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'
import { HASHED_ABOVE, type NameRole, unpackName } from './meta-string.ts'
import { isNamed, TypeId, typeIdName } from './type-id.ts'
import { type Name, type NamedType, writeName } from './type-names.ts'

/** A type that was read from the wire: an id, and names if the id requires them. */
export interface WrittenType {
  readonly id: number
  readonly namespace: string
  readonly name: string
}

/** Returns the name of the type for errors. The names are those that the peer wrote. */
export function writtenTypeName({ id, namespace, name }: WrittenType): string {
  if (name === '') return typeIdName(id)
  return printable(namespace === '' ? name : `${namespace}/${name}`)
}

/** Returns whether the type is that of a list that contains only nulls. */
export function isNullType(written: WrittenType): boolean {
  return written.id === TypeId.NULL
}

/** Writes the id and the names of a struct or enum. */
export function writeNamedTypeInfo(out: WriteBuffer, type: NamedType): void {
  out.u8(type.typeId)
  writeName(out, type.namespace)
  writeName(out, type.name)
}

/** Reads an id, and a namespace and a name after it if the id requires them. */
export function readNamedTypeInfo(input: ReadBuffer): WrittenType {
  const id = input.u8()
  if (!isNamed(id)) return { id, namespace: '', name: '' }
  const namespace = readName(input, 'namespace')
  return { id, namespace, name: readName(input, 'typeName') }
}

/**
 * Skips the id and names of `type`. Returns `false`, and reads nothing, if another type is written. Compares bytes, which
 * suffices if the peer writes names like this codec.
 */
export function skipNamedTypeInfo(input: ReadBuffer, type: NamedType): boolean {
  const start = input.pos
  const names = input.names.length
  if (input.u8() === type.typeId && skipName(input, type.namespace) && skipName(input, type.name)) return true
  input.pos = start
  input.names.length = names
  return false
}

function skipName(input: ReadBuffer, name: Name): boolean {
  const { bytes, pos, names } = input
  const first = bytes[pos] as number
  if ((first & 1) === 1) return names[(input.var32() >>> 1) - 1] === name.text
  const { length } = name.bytes
  for (let i = 0; i < length; i++) if (bytes[pos + i] !== name.bytes[i]) return false
  input.pos = pos + length
  names.push(name.text)
  return true
}

function readName(input: ReadBuffer, role: NameRole): string {
  const header = input.var32()
  const size = header >>> 1
  if ((header & 1) === 1)
    return input.names[size - 1] ?? input.throwDataLoss('a reference to a name that does not exist')
  const text = size === 0 ? '' : readPacked(input, role, size)
  input.names.push(text)
  return text
}

function readPacked(input: ReadBuffer, role: NameRole, size: number): string {
  const encoding = input.u8()
  // The other seven bytes of the hash are only for readers that look up names by hash.
  if (size > HASHED_ABOVE) input.assertLeft(7, 'a hash')
  const start = size > HASHED_ABOVE ? input.pos + 7 : input.pos
  input.pos = start
  input.assertLeft(size, 'a name')
  const text = unpackName(input.bytes.subarray(start, start + size), role, encoding)
  if (text === undefined) input.throwDataLoss('a name that cannot be unpacked')
  input.pos = start + size
  return text
}
