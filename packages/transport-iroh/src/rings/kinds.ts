/** The kinds of failures, numbered as in the addon. */
export const FailureKind = {
  CLOSED_BY_PEER: 1,
  CLOSED_HERE: 2,
  LOST: 3,
  TIMED_OUT: 4,
  UNREACHABLE: 5,
  MISUSE: 6,
  BIND: 7,
  VIOLATION: 8,
} as const
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind]

/** The kinds of events, numbered as in the addon. */
export const EventKind = {
  DONE: 1,
  FAILED: 2,
  READY: 3,
  ACCEPTED: 4,
  STREAM: 5,
  OPENABLE: 6,
  DATA: 7,
  READABLE: 8,
  END: 9,
  RESET: 10,
  STOPPED: 11,
  WROTE: 12,
  CLOSED: 13,
  ACCEPT_ENDED: 14,
  PATHS: 15,
} as const
