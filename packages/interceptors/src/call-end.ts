import { type InterceptedCall, RpcError } from '@aster/rpc-core'
import { abortSourceOf, cancelledError, onAbort } from '@aster/rpc-core/protocol'
import { callError } from './call-facts.ts'
import type { CallHooks } from './call-hooks.ts'

/** The end of a followed call. It has two parts, each of which happens once: the outcome, and the end of its last part. */
export class CallEnd {
  /** The number of responses that arrived. */
  responses = 0
  /** Whether the call has its outcome. */
  isOver = false
  /** The error of the abort that ended the call. */
  aborted: RpcError | undefined
  readonly #call: InterceptedCall
  readonly #hooks: CallHooks
  #stopListening = (): void => {}
  #isSettled = false

  /** @param onAborted called with the error of the call if the call is aborted before its outcome, maybe at once */
  constructor(call: InterceptedCall, hooks: CallHooks, onAborted: (error: RpcError) => void) {
    this.#call = call
    this.#hooks = hooks
    const source = abortSourceOf(call)
    this.#stopListening = onAbort(source, () => {
      if (this.isOver) return
      this.aborted = cancelledError(source)
      this.#finish(this.aborted)
      onAborted(this.aborted)
    })
  }

  /** Ends the call with `OK`. */
  succeed(): void {
    this.#finish(undefined)
  }

  /** Ends the call with an error, which may be any value. */
  fail(error: unknown): void {
    if (!this.isOver) this.#finish(callError(this.#call, error))
  }

  /** Notes that the last part of the call has ended. */
  settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#hooks.onSettled?.()
  }

  #finish(error: RpcError | undefined): void {
    if (this.isOver) return
    this.isOver = true
    this.#stopListening()
    try {
      this.#hooks.onOutcome?.({ error, responses: this.responses })
    } catch {
      // The hook may run during an abort, whose caller could not catch the error.
    }
  }
}
