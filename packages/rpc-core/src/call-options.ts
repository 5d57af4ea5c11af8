import type { Metadata } from './metadata.ts'
import type { HandlerContext } from './service/handler.ts'

/** What a caller may say about one call. */
export interface CallOptions {
  /** Milliseconds from now until the call fails with `DEADLINE_EXCEEDED`. @default the method's, else none */
  timeoutMs?: number | undefined
  /** Aborting it ends the call with `CANCELLED`, whatever state it is in. */
  signal?: AbortSignal | undefined
  metadata?: Metadata | undefined
  /**
   * The call that this one is made for: pass a handler's context. The call gets no more time than its parent has left, and
   * ends with it, with its reason. Metadata is not passed on.
   */
  parent?: CallParent | undefined
}

/** What a call takes over from the one that it is made for; any `HandlerContext` fits. */
export type CallParent = Pick<HandlerContext, 'deadline' | 'signal'>
