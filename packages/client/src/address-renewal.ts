import { isUnavailable, runNeutral } from '@aster/rpc-core/protocol'
import { pause } from './backoff.ts'

export interface AddressRenewalOptions {
  /**
   * - `ask`: an address lacks a relay that the producer may have by now
   * - `wait`: the same, and an answer would be of no use yet
   * - `end`: there is nothing to ask for, or the producer cannot be asked
   */
  readonly next: () => 'ask' | 'wait' | 'end'
  readonly ask: () => Promise<unknown>
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
}

/** A producer knows its relay some 3 s after it was started. */
const FIRST_MS = 4_000
const MOST_MS = 10 * 60_000

/**
 * Asks a producer again for an address that lacks a relay: after 4 s, and then at intervals that double up to 10 minutes. It
 * ends with a refusal.
 */
export class AddressRenewal {
  readonly #options: AddressRenewalOptions
  #running = false

  constructor(options: AddressRenewalOptions) {
    this.#options = options
  }

  /** Begins, unless there is nothing to do or it is under way. */
  start(): void {
    const { closing, next } = this.#options
    if (this.#running || closing.aborted || next() === 'end') return
    this.#running = true
    // The timers belong to no call, though a call may be what begins.
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
      // A refusal is no reason to give up a connection that works; and the client may be closed.
    } finally {
      this.#running = false
    }
  }
}

function throwUnlessUnavailable(error: unknown): void {
  if (!isUnavailable(error)) throw error
}
