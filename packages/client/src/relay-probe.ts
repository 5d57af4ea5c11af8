import { epochNow, runAt } from '@aster/rpc-core/protocol'
import { errorMessage, printable } from '@aster/rpc-core/schema'

/**
 * Checks whether a relay answers over HTTP, as every relay does. The transport cannot tell, because the addon keeps the address
 * of a relay that has gone away.
 */
export class RelayProbe {
  readonly #url: string
  readonly #controller = new AbortController()
  readonly #callOff: () => void
  #finding: string | undefined

  /** Sends the request after `delayMs` milliseconds, unless the probe is stopped before. */
  constructor(url: string, delayMs: number) {
    this.#url = url
    this.#callOff = runAt(epochNow() + delayMs, () => void this.#ask(), { unref: true })
  }

  /** The result so far, as a phrase that follows "the relay"; `undefined` if no request was sent. */
  get finding(): string | undefined {
    return this.#finding
  }

  stop(): void {
    this.#callOff()
    this.#controller.abort()
  }

  async #ask(): Promise<void> {
    this.#finding = 'does not answer'
    try {
      await fetch(this.#url, { method: 'HEAD', redirect: 'manual', signal: this.#controller.signal })
      this.#finding = 'answers'
    } catch (error) {
      if (!this.#controller.signal.aborted) this.#finding = `cannot be reached (${reasonOf(error)})`
    }
  }
}

/** Returns the message of the cause, because the message of an error of `fetch` does not contain the reason. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown }
  return printable(errorMessage(cause))
}
