import type { NumberFormat } from '../layout/number-format.ts'
import type { NamedType } from '../names/type-names.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

export type Write = (out: WriteBuffer, value: unknown) => void

/** The methods of `WriteBuffer` that check a value and write its payload. */
export type WriteMethod = NumberFormat | 'int' | 'string' | 'bytesValue'

/** How the values of a type are written. */
export interface Encoding {
  /** The payload alone, where the type is declared. */
  readonly write: Write
  /** The method that does the same, for generated code to call directly. */
  readonly method?: WriteMethod | undefined
}

/** What Python would call the class of a value: values of one class share one type info in a container. */
export type ValueClass = number | NamedType

/** An element, key or value of a container. */
export interface Place extends Encoding {
  readonly nullable: boolean
  /** For places where the type of a value may have to be written; `undefined` where the declared one will do. */
  readonly written?: WrittenPlace | undefined
}

export interface WrittenPlace {
  classOf(value: unknown): ValueClass | undefined
  /** The class of a list with nothing but nulls. */
  readonly nullClass: ValueClass | undefined
  writeClass(out: WriteBuffer, found: ValueClass): void
  /** The payload after the class. */
  writePayload(out: WriteBuffer, value: unknown): void
  /** Class and payload. */
  readonly write: Write
}

export function isNull(value: unknown): value is null | undefined {
  return value === undefined || value === null
}
