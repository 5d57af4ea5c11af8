/** How a call ended. The numbers are those of gRPC and go over the wire; `CONTRACT_VIOLATION` is Aster's own. */
export const StatusCode = {
  /** The call succeeded. */
  OK: 0,
  /** The caller cancelled the call. */
  CANCELLED: 1,
  /** A handler threw an error without a status code. */
  UNKNOWN: 2,
  /** The request is invalid, whatever the state of the system. */
  INVALID_ARGUMENT: 3,
  /** The deadline passed before the call ended. */
  DEADLINE_EXCEEDED: 4,
  /** The requested entity does not exist. */
  NOT_FOUND: 5,
  /** The entity to create exists already. */
  ALREADY_EXISTS: 6,
  /** The caller is known but has no permission. */
  PERMISSION_DENIED: 7,
  /** A limit or a quota is exceeded. */
  RESOURCE_EXHAUSTED: 8,
  /** The system is not in the state that the call requires. A retry fails until the state changes. */
  FAILED_PRECONDITION: 9,
  /** The call was aborted, for example by a conflict with another call. The caller may retry at a higher level. */
  ABORTED: 10,
  /** The request reaches beyond the valid range. */
  OUT_OF_RANGE: 11,
  /** The peer does not implement the service, the method or a feature of the call. */
  UNIMPLEMENTED: 12,
  /** An invariant is broken on one of the sides. */
  INTERNAL: 13,
  /** The peer cannot be reached or went away. */
  UNAVAILABLE: 14,
  /** Received bytes cannot be decoded. */
  DATA_LOSS: 15,
  /** The caller has no valid credential. */
  UNAUTHENTICATED: 16,
  /** The two sides define a message differently. */
  CONTRACT_VIOLATION: 101,
} as const

/** A status code: one of the named codes, or any other number that a newer peer sent, unchanged. */
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode] | (number & {})

const names = new Map<number, string>(Object.entries(StatusCode).map(([name, code]) => [code, name]))

/** Returns the name of a status code: `'NOT_FOUND'` for 5, `'CODE_77'` for the unknown code 77. */
export function statusCodeName(code: StatusCode): string {
  return names.get(code) ?? `CODE_${code}`
}
