import { createHash } from 'node:crypto'
import { formatCredential } from '@aster/identity'
import type { Connection, NodeAddr, Transport } from '@aster/rpc-core'
import { epochNow, onAbort, RPC_ALPN, runAt } from '@aster/rpc-core/protocol'
import { dial } from './dial.ts'
import type { Dialled } from './dial-repeatedly.ts'
import type { ClientSettings } from './settings.ts'

/** How long the connection waits for the first call, in milliseconds. */
const KEPT_MS = 10_000

export interface DialAheadOptions {
  readonly transport: Transport
  readonly address: NodeAddr
  readonly settings: ClientSettings
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
}

/**
 * A connection for calls that is dialled beside an admission, and kept until the first call takes it, for 10 s at most. It comes
 * to nothing if the dial fails, or the producer closes the connection: one that has forgotten this client does so with 403.
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
   * Dials, unless that was begun. To be called when the request for admission is on its way: a producer that has forgotten this
   * client then decides on the request first, and takes the connection, or closes it with 403 before it answers the request.
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
    // Until a call wants the connection, there is no one to tell.
    this.#result.catch(() => {})
  }

  /**
   * Returns the connection once it stands, which is the caller's from then on; `undefined` if there is none, or not any more.
   *
   * @throws the error of the dial if that fails from now on
   */
  take(): Promise<Dialled | undefined> | undefined {
    if (this.#isOver) return undefined
    if (this.#result === undefined) this.#leave()
    return this.#result?.then((dialled) => {
      if (this.#isOver) return undefined
      this.#leave()
      return dialled
    })
  }

  /** Closes the connection, or calls the dial off, unless the connection was taken. */
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
 * Returns what an admission is granted for, as a hash, since it stands for secrets; `undefined` for a one-time credential: it
 * serves once, so nothing follows from it.
 */
export function termsOf(settings: ClientSettings): string | undefined {
  const { config, credential, rootPubkey } = settings
  if (credential?.type === 'ott') return undefined
  if (credential === undefined && config.enrollmentCredentialIid === undefined) return `root ${rootPubkey}`
  const parts = [credential && formatCredential(credential), config.enrollmentCredentialIid, rootPubkey]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
