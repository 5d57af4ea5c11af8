import type { StructType } from '@aster/rpc-core'
import { type Unwrapped, unwrap } from '@aster/rpc-core/schema'
import { murmur3 } from '../wire/murmur3.ts'

export interface LayoutField extends Unwrapped {
  /** The name in TypeScript. */
  readonly name: string
  readonly wireName: string
}

/** The layout that follows from the types of a struct alone: the order of its fields on the wire, and the hash before them. */
export interface StructLayout {
  readonly type: StructType
  /** The fields in wire order. */
  readonly fields: readonly LayoutField[]
  readonly hash: number
}

export interface LayoutRules {
  /** Returns the string whose hash is that of the struct. */
  fingerprint(fields: readonly LayoutField[]): string
  /** Compares fields by their order on the wire, for `Array.prototype.sort`. */
  compareFields(a: LayoutField, b: LayoutField): number
}

export function makeLayout(type: StructType, rules: LayoutRules): StructLayout {
  const fields = type.fields.map((field) => ({ ...unwrap(field.type), name: field.name, wireName: field.wireName }))
  fields.sort((a, b) => rules.compareFields(a, b))
  return { type, fields, hash: fingerprintHash(rules.fingerprint(fields)) }
}

/** The hash that pyfory writes for a struct without fields. */
const EMPTY_HASH = 47

function fingerprintHash(fingerprint: string): number {
  if (fingerprint === '') return EMPTY_HASH
  return Number(BigInt.asIntN(32, murmur3(new TextEncoder().encode(fingerprint))))
}
