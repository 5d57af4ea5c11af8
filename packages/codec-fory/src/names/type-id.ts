/**
 * The first byte of a type info, as Fory numbers it
 * (https://fory.apache.org/docs/specification/fory_xlang_serialization_spec).
 */
export const TypeId = {
  BOOL: 1,
  INT8: 2,
  INT16: 3,
  FIXED_INT32: 4,
  INT32: 5,
  FIXED_INT64: 6,
  INT64: 7,
  TAGGED_INT64: 8,
  UINT8: 9,
  UINT16: 10,
  FIXED_UINT32: 11,
  UINT32: 12,
  FIXED_UINT64: 13,
  UINT64: 14,
  TAGGED_UINT64: 15,
  FLOAT32: 19,
  FLOAT64: 20,
  STRING: 21,
  LIST: 22,
  SET: 23,
  MAP: 24,
  NAMED_ENUM: 26,
  NAMED_STRUCT: 29,
  NAMED_EXT: 32,
  NAMED_UNION: 35,
  NULL: 36,
  TIMESTAMP: 38,
  DATE: 39,
  BYTES: 41,
  INT8_ARRAY: 44,
  INT16_ARRAY: 45,
  INT32_ARRAY: 46,
  INT64_ARRAY: 47,
  UINT8_ARRAY: 48,
  UINT16_ARRAY: 49,
  UINT32_ARRAY: 50,
  UINT64_ARRAY: 51,
  FLOAT32_ARRAY: 55,
  FLOAT64_ARRAY: 56,
} as const

const names = new Map<number, string>(Object.entries(TypeId).map(([name, id]) => [id, name.toLowerCase()]))

/** Returns the name of a type id: `'string'` for `21`, and `'type id 99'` for a number that Fory does not use here. */
export function typeIdName(id: number): string {
  return names.get(id) ?? `type id ${id}`
}

/**
 * Returns whether a type id is followed by names. Whichever of these ids is written, only the names decide how the value is
 * read.
 */
export function isNamed(id: number): boolean {
  return id === TypeId.NAMED_STRUCT || id === TypeId.NAMED_ENUM || id === TypeId.NAMED_EXT || id === TypeId.NAMED_UNION
}
