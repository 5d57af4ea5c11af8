import type { Metadata } from './metadata.ts'

/** What a caller may say about one call. */
export interface CallOptions {
  /** Milliseconds from now until the call fails with `DEADLINE_EXCEEDED`. @default the method's, else none */
  timeoutMs?: number | undefined
  /** Aborting it ends the call with `CANCELLED`, whatever state it is in. */
  signal?: AbortSignal | undefined
  metadata?: Metadata | undefined
}
