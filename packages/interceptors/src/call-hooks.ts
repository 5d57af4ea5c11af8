import type { RpcError } from '@aster/rpc-core'

/** How a call ended. */
export interface Outcome {
  /** The error that ended the call; `undefined` for `OK`. A stream that was left before its end has `CANCELLED`. */
  readonly error: RpcError | undefined
  /** The number of responses that arrived. */
  readonly responses: number
}

/** Functions that `follow` runs in the course of a call. */
export interface CallHooks {
  /** Runs for each response. The value that it returns replaces the response; an error that it throws ends the call. */
  readonly onResponse?: ((response: unknown) => unknown) | undefined
  /**
   * Runs once, as soon as the caller has the outcome or the signal aborts. The handler of the call may still run then. An error
   * that this function throws is lost.
   */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined
  /** Runs once, when the last part of the call has ended. */
  readonly onSettled?: (() => void) | undefined
  /** Runs each step of the call: the handler or the send, and each step of the responses. */
  readonly runStep?: (<T>(step: () => T) => T) | undefined
}
