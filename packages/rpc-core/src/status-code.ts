/** How a call ended. The numbers are those of gRPC, and go over the wire; `CONTRACT_VIOLATION` is Aster's own. */
export const StatusCode = {
  OK: 0,
  /** The caller withdrew the call. */
  CANCELLED: 1,
  /** A handler failed in a way that it did not name. */
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  /** The peer cannot be reached, or went away. */
  UNAVAILABLE: 14,
  /** Bytes that cannot be decoded. */
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
  /** The two sides' definitions of a message differ. */
  CONTRACT_VIOLATION: 101,
} as const

/** One of the named codes, or a number that a newer peer sent: unknown numbers are kept as they are. */
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode] | (number & {})

const names = new Map<number, string>(Object.entries(StatusCode).map(([name, code]) => [code, name]))

/** `5` → `'NOT_FOUND'`, `77` → `'CODE_77'`. */
export function statusCodeName(code: StatusCode): string {
  return names.get(code) ?? `CODE_${code}`
}
