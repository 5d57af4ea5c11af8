/** The byte before a value that may be null. */
export const Flag = { NULL: 0xfd, REF: 0xfe, VALUE: 0xff, FIRST: 0x00 } as const

/** The byte after the count of a list or set. */
export const ListFlags = { TRACKED: 1, NULLS: 2, DECLARED: 4, SAME: 8 } as const

/** The first byte of a chunk of entries. The flags of the value are those of the key, shifted by three bits. */
export const MapFlags = {
  KEY_TRACKED: 1,
  KEY_NULL: 2,
  KEY_DECLARED: 4,
  VALUE_TRACKED: 8,
  VALUE_NULL: 16,
  VALUE_DECLARED: 32,
} as const
