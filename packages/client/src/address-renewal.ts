import { isUnavailable, runNeutral } from '@aster/rpc-core/protocol'
import { pause } from './backoff.ts'

/** The options of an `AddressRenewal`. */
export interface AddressRenewalOptions {
  /**
   * Returns the next step.
   *
   * - `ask`: an address lacks a relay, and the producer may have one by now
   * - `wait`: an address lacks a relay, but an answer could not be used yet
   * - `end`: no address lacks a relay, or the producer cannot be asked
   */
  readonly next: () => 'ask' | 'wait' | 'end'
  readonly ask: () => Promise<unknown>
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
}

/** Milliseconds until the first request. A producer knows its relay about 3 s after its start. */
const FIRST_MS = 4_000
const MOST_MS = 10 * 60_000

/**
 * Asks a producer for its addresses again if one lacks a relay: after 4 s, and then at intervals that double up to 10
 * minutes. Stops if the producer refuses.
 */
export class AddressRenewal {
  readonly #options: AddressRenewalOptions
  #running = false

  constructor(options: AddressRenewalOptions) {
    this.#options = options
  }

  /** Starts asking, unless it has started already or no address lacks a relay. */
  start(): void {
    const { closing, next } = this.#options
    if (this.#running || closing.aborted || next() === 'end') return
    this.#running = true
    // A call may start the renewal, but the timers must not keep the async context of that call.
    runNeutral(() => void this.#run())
  }

  async #run(): Promise<void> {
    const { ask, closing, next } = this.#options
    try {
      for (let waitMs = FIRST_MS; ; waitMs = Math.min(2 * waitMs, MOST_MS)) {
        await pause(waitMs, closing)
        const step = next()
        if (step === 'end') return
        if (step === 'ask') await ask().catch(throwUnlessUnavailable)
      }
    } catch {
      // A refusal, or the end of the client, must not affect the connection, which still works.
    } finally {
      this.#running = false
    }
  }
}

function throwUnlessUnavailable(error: unknown): void {
  if (!isUnavailable(error)) throw error
}
