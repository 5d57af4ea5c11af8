/** 0001-01-01T00:00:00Z, the earliest that Python's datetime holds. */
export const MIN_SECONDS = -62_135_596_800
/** 9999-12-31T23:59:59Z, the latest. */
export const MAX_SECONDS = 253_402_300_799
export const MAX_NANOSECONDS = 999_999_999
