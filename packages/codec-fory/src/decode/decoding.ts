import type { Reader } from '../wire/read-buffer.ts'
import { typeIdName } from '../names/type-id.ts'

export type Read = (input: Reader) => unknown

/** The methods of `Reader` that read a payload. */
export type ReadMethod =
  | 'bool'
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'u8'
  | 'u16'
  | 'var32'
  | 'uint64'
  | 'i32'
  | 'fixedInt64'
  | 'taggedInt64'
  | 'fixedUint32'
  | 'fixedUint64'
  | 'taggedUint64'
  | 'float32'
  | 'float64'
  | 'string'
  | 'bytesValue'

/** A type that was read from the wire: an id, and names if it has them. */
export interface Written {
  readonly id: number
  readonly namespace: string
  readonly name: string
}

/** How the values of a type are read. */
export interface Decoding {
  /** What the type is called in errors. */
  readonly expected: string
  /** The payload alone, where the type is declared. */
  readonly read: Read
  /** The method that does the same, for generated code to call directly. */
  readonly method?: ReadMethod | undefined
  /** The payload where a type was written: that type decides, if its values are values of this type. */
  readonly as: (input: Reader, written: Written) => Read
}

/** An element, key or value of a container. */
export interface Place extends Decoding {
  /** What stands for null, or an error. */
  readonly readNull: Read
}

export function writtenName({ id, namespace, name }: Written): string {
  if (name === '') return typeIdName(id)
  return namespace === '' ? name : `${namespace}/${name}`
}

/** The peer's type is not ours. */
export function differs(input: Reader, expected: string, written: Written): never {
  return input.violation(`expected ${expected}, found ${writtenName(written)}: the two sides define this differently`)
}

/** For types that only their own id stands for. */
export function only(id: number, expected: string, read: Read): Decoding['as'] {
  return (input, written) => (written.id === id ? read : differs(input, expected, written))
}
