import { createHash } from 'node:crypto'
import { formatCredential } from '@aster/identity'
import type { Connection, NodeAddr, Transport } from '@aster/rpc-core'
import { epochNow, onAbort, RPC_ALPN, runAt } from '@aster/rpc-core/protocol'
import { dial, isDialTimeout } from './dial.ts'
import type { Dialled } from './dial-repeatedly.ts'
import type { ClientSettings } from './settings.ts'

/** Milliseconds for which the connection waits for the first call. */
const KEPT_MS = 10_000

/** The options of a `DialAhead`. */
export interface DialAheadOptions {
  readonly transport: Transport
  readonly address: NodeAddr
  readonly settings: ClientSettings
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
}

/**
 * A connection for calls that is dialled before the first call, and kept for up to 10 s until the first call takes it. It is
 * dropped if the dial fails or the producer closes the connection. A producer that has forgotten this client closes it with 403.
 */
export class DialAhead {
  readonly #options: DialAheadOptions
  readonly #controller = new AbortController()
  readonly #stopListening: () => void
  #result: Promise<Dialled> | undefined
  #stopTimer = (): void => {}
  #isOver = false

  constructor(options: DialAheadOptions) {
    const { closing } = options
    this.#options = options
    this.#stopListening = onAbort(closing, () => this.#controller.abort(closing.reason))
  }

  /**
   * Dials, unless a dial has begun. Call it when the request for admission has been sent, or later: a producer that has forgotten this
   * client then decides on the request first and accepts the connection, or closes the connection with 403 before it answers.
   */
  begin(): void {
    const { transport, address, settings } = this.#options
    if (this.#result !== undefined || this.#isOver || this.#controller.signal.aborted) return
    const { connectTimeoutMs: timeoutMs } = settings.config
    const { signal } = this.#controller
    this.#result = dial(transport, address, { alpn: RPC_ALPN, timeoutMs, signal }).then(
      (dialled) => this.#keep(dialled),
      (error: unknown) => {
        this.#leave()
        throw error
      },
    )
    // A failure is reported only if a call takes the connection.
    this.#result.catch(() => {})
  }

  /**
   * Returns the connection when the dial is done. The caller then owns it. Returns `undefined` if there is no connection, or no
   * longer one, or if the dial takes too long: it began before the call, which has a timeout of its own.
   *
   * @throws the error of the dial if it fails otherwise after this call
   */
  take(): Promise<Dialled | undefined> | undefined {
    if (this.#isOver) return undefined
    if (this.#result === undefined) this.#leave()
    return this.#result?.then(
      (dialled) => {
        if (this.#isOver) return undefined
        this.#leave()
        return dialled
      },
      (error: unknown) => {
        if (isDialTimeout(error)) return undefined
        throw error
      },
    )
  }

  /** Closes the connection or cancels the dial, unless the connection was taken. */
  end(): void {
    if (!this.#isOver) this.#controller.abort(new Error('the client was not admitted'))
    this.#leave()
  }

  #keep(dialled: Dialled): Dialled {
    const { connection } = dialled
    const { signal } = this.#controller
    const close = (): void => {
      if (this.#isOver) return
      this.#leave()
      connection.close()
    }
    if (signal.aborted) connection.close()
    else this.#watch(connection, close)
    return dialled
  }

  #watch(connection: Connection, close: () => void): void {
    const leave = (): void => this.#leave()
    connection.closed.then(leave, leave)
    this.#stopTimer = runAt(epochNow() + KEPT_MS, close, { unref: true })
    onAbort(this.#controller.signal, close)
  }

  #leave(): void {
    this.#isOver = true
    this.#stopTimer()
    this.#stopListening()
  }
}

/**
 * Returns a hash of the settings that an admission depends on; a hash, because the settings include secrets. Returns
 * `undefined` for a one-time credential, because a second admission with it is not expected to succeed.
 */
export function termsOf(settings: ClientSettings): string | undefined {
  const { config, credential, rootPubkey } = settings
  if (credential?.type === 'ott') return undefined
  if (credential === undefined && config.enrollmentCredentialIid === undefined) return `root ${rootPubkey}`
  const parts = [credential && formatCredential(credential), config.enrollmentCredentialIid, rootPubkey]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
