import { epochNow, runAt } from '@aster/rpc-core/protocol'
import { errorMessage, printable } from '@aster/rpc-core/schema'

/**
 * Whether a relay answers over HTTP, as every relay does. A transport cannot tell: the addon keeps the address of a relay that
 * has gone away.
 */
export class RelayProbe {
  readonly #url: string
  readonly #controller = new AbortController()
  readonly #callOff: () => void
  #finding: string | undefined

  /** Asks the relay after `delayMs`, unless the probe is stopped before. */
  constructor(url: string, delayMs: number) {
    this.#url = url
    this.#callOff = runAt(epochNow() + delayMs, () => void this.#ask(), { unref: true })
  }

  /** What is known so far, as a part of a sentence behind "the relay"; `undefined` if the relay was not asked. */
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

/** `fetch` fails with a text that says nothing, and has the reason as the cause. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown }
  return printable(errorMessage(cause))
}
