import { type NameRole, unpackName } from './meta-string.ts'
import type { Reader } from '../wire/read-buffer.ts'
import { isNamed, TypeId } from './type-id.ts'
import type { Name, NamedType } from './type-names.ts'
import type { Written } from '../decode/decoding.ts'

const HASHED_ABOVE = 16

export function readTypeInfo(input: Reader): Written {
  return input.dialect.readTypeInfo(input)
}

/** An id, and namespace and name after it if the id says so. */
export function readNamedTypeInfo(input: Reader): Written {
  const id = input.u8()
  if (!isNamed(id)) return { id, namespace: '', name: '' }
  const namespace = readName(input, 'namespace')
  return { id, namespace, name: readName(input, 'typeName') }
}

/** Compares bytes, which is all that it takes with a peer that writes names as we do. */
export function skipNamedTypeInfo(input: Reader, type: NamedType): boolean {
  const start = input.pos
  const names = input.names.length
  if (input.u8() === type.typeId && skipName(input, type.namespace) && skipName(input, type.name)) return true
  input.pos = start
  input.names.length = names
  return false
}

function skipName(input: Reader, name: Name): boolean {
  const { bytes, pos, names } = input
  const first = bytes[pos] as number
  if ((first & 1) === 1) return names[(input.var32() >>> 1) - 1] === name.text
  const { length } = name.bytes
  for (let i = 0; i < length; i++) if (bytes[pos + i] !== name.bytes[i]) return false
  input.pos = pos + length
  names.push(name.text)
  return true
}

function readName(input: Reader, role: NameRole): string {
  const header = input.var32()
  const size = header >>> 1
  if ((header & 1) === 1) return input.names[size - 1] ?? input.broken('a reference to a name that is not there')
  const text = size === 0 ? '' : readPacked(input, role, size)
  input.names.push(text)
  return text
}

function readPacked(input: Reader, role: NameRole, size: number): string {
  const encoding = input.u8()
  // The other seven bytes of the hash help a reader that looks names up by it.
  if (size > HASHED_ABOVE) input.need(7, 'a hash')
  const start = size > HASHED_ABOVE ? input.pos + 7 : input.pos
  input.pos = start
  input.need(size, 'a name')
  const text = unpackName(input.bytes.subarray(start, start + size), role, encoding)
  if (text === undefined) input.broken('a name that cannot be unpacked')
  input.pos = start + size
  return text
}

/** What a list of nothing but nulls says about its elements. */
export function isNullType(written: Written): boolean {
  return written.id === TypeId.NULL
}
