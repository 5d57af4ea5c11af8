import type { PayloadMethod } from '../layout/number-format.ts'
import type { NamedType } from '../names/type-names.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

export type Write = (out: WriteBuffer, value: unknown) => void

/** How the values of a type are written. */
export interface Encoding {
  /** Checks a value and writes its payload alone, for places where the type is declared. */
  readonly write: Write
  /** The method of `WriteBuffer` that does the same, for generated code to call directly. */
  readonly method?: PayloadMethod | undefined
}

/** What Python would call the class of a value: values of one class share one type info in a container. */
export type ValueClass = number | NamedType

/** How an element, key or value of a container is written. */
export interface ElementEncoding extends Encoding {
  readonly nullable: boolean
  /** Set if the class of a value may have to be written; `undefined` if the declared type suffices. */
  readonly written?: WrittenEncoding | undefined
}

/** How values are written whose class stands before them. */
export interface WrittenEncoding {
  /** Returns `undefined` for a value of the declared type. */
  classOf(value: unknown): ValueClass | undefined
  /** The class of a list with nothing but nulls. */
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
