import type { PayloadMethod } from '../layout/number-format.ts'
import type { NamedType } from '../names/type-names.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

export type Write = (out: WriteBuffer, value: unknown) => void

/** Writes the values of one type. */
export interface Encoding {
  /** Checks a value and writes its payload alone, if the type is declared. */
  readonly write: Write
  /** The method of `WriteBuffer` that does the same as `write`, which generated code calls directly. */
  readonly method?: PayloadMethod | undefined
}

/** The class that a value would have in Python: values of one class share one type info in a container. */
export type ValueClass = number | NamedType

/** Writes an element, key or value of a container. */
export interface ElementEncoding extends Encoding {
  readonly nullable: boolean
  /** Set if the class of a value may have to be written, `undefined` if the declared type suffices. */
  readonly written?: WrittenEncoding | undefined
}

/** Writes values with their class before them. */
export interface WrittenEncoding {
  /** Returns the class of a value, or `undefined` if the value has the declared type. */
  classOf(value: unknown): ValueClass | undefined
  /** The class of a list that contains only nulls. */
  readonly nullClass: ValueClass | undefined
  writeClass(out: WriteBuffer, found: ValueClass): void
  /** Writes the payload after the class. */
  writePayload(out: WriteBuffer, value: unknown): void
  /** Writes class and payload. */
  readonly write: Write
}

export function isNull(value: unknown): value is null | undefined {
  return value === undefined || value === null
}
