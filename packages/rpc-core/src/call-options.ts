import type { Metadata } from './metadata.ts'
import type { HandlerContext } from './service/handler.ts'

/** Options of one call. */
export interface CallOptions {
  /**
   * Milliseconds from now after which the call fails with `DEADLINE_EXCEEDED`.
   *
   * @default the time limit of the method, or no limit if it has none
   */
  timeoutMs?: number | undefined
  /**
   * Ends the call with `CANCELLED` when it aborts, whatever state the call is in.
   *
   * @default the call cannot be cancelled
   */
  signal?: AbortSignal | undefined
  /**
   * String pairs for the handler.
   *
   * @default no metadata
   */
  metadata?: Metadata | undefined
  /**
   * The call on whose behalf this call is made: pass a handler's context. The call has no more time than its parent, and if
   * the parent ends, the call ends with the same reason. Metadata is not passed on.
   *
   * @default no parent
   */
  parent?: CallParent | undefined
}

/** The part of a parent call that a call inherits; any `HandlerContext` fits. */
export type CallParent = Pick<HandlerContext, 'deadline' | 'signal'>
