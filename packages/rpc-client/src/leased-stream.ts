import type { ByteStream, Connection, Logger, RpcError } from '@aster/rpc-core'
import { abandonStream, type AbortSource, runGuarded, signalOf } from '@aster/rpc-core/protocol'
import { type ConnectionLease, type LateStream, releaseLease, runOnLease } from './connection-lease.ts'
import { ignore } from './handled.ts'
import { OpenStreams, type WaitingStream } from './open-streams.ts'
import { Phase, type Progress } from './progress.ts'

/** A stream together with the lease that is released when the call or session on the stream is over. */
export class LeasedStream implements WaitingStream {
  readonly logger: Logger | undefined
  since = 0
  readonly #lease: ConnectionLease
  readonly #signal: AbortSource
  readonly #progress: Progress | undefined
  #streams: OpenStreams
  #stream: ByteStream | undefined
  #resolve: ((stream: LeasedStream) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  /** @param signal ends the wait for a stream */
  constructor(
    lease: ConnectionLease,
    { logger, signal, progress }: { logger: Logger | undefined; signal: AbortSource; progress: Progress | undefined },
  ) {
    this.#lease = lease
    this.#signal = signal
    this.#progress = progress
    this.logger = logger
    this.#streams = OpenStreams.of(lease.connection)
  }

  get connection(): Connection {
    return this.#lease.connection
  }

  /** The stream. Do not read it before `tryOpen` has returned true or `open` has resolved. */
  get stream(): ByteStream {
    return this.#stream as ByteStream
  }

  /** Whether the lease can move to another connection. */
  get isMovable(): boolean {
    return this.#lease.move !== undefined
  }

  /** Opens a stream if that is possible without waiting. Returns whether the stream is open. */
  tryOpen(): boolean {
    this.#stream = this.#streams.tryOpenStream()
    if (this.#stream === undefined) return false
    this.#streams.open++
    return true
  }

  /** Waits for a stream. Rejects with the error of the transport. A rejection does not end the lease. */
  open(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve as (stream: LeasedStream) => void
      this.#reject = reject
      this.#wait()
    })
  }

  /** Waits on the connection of the lease. If this call needs no stream when one opens, the oldest waiting call gets it. */
  #wait(): void {
    const streams = this.#streams
    if (this.#progress !== undefined) {
      this.#progress.phase = Phase.STREAM
      this.#progress.streams = streams
    }
    streams.startWaiting(this)
    streams.openStream(signalOf(this.#signal)).then(
      (stream) => {
        if (this.#isWaitingOn(streams)) this.accept(stream)
        else if (!streams.pass(stream)) runGuarded(() => abandonStream(stream), ignore)
      },
      (error: unknown) => {
        if (this.#isWaitingOn(streams)) this.#fail(error)
      },
    )
  }

  #isWaitingOn(streams: OpenStreams): boolean {
    return this.#reject !== undefined && this.#streams === streams
  }

  /** Ends the wait with a stream of the connection. */
  accept(stream: ByteStream): void {
    this.#stream = stream
    this.#streams.stopWaiting(this)
    this.#streams.open++
    this.#resolve?.(this)
    this.#resolve = this.#reject = undefined
  }

  #fail(error: unknown): void {
    this.#streams.stopWaiting(this)
    this.#reject?.(error)
    this.#resolve = this.#reject = undefined
  }

  /** Waits on another connection to the same peer, if the lease has one with room. Returns whether the connection changed. */
  move(waitedMs: number): boolean {
    const lease = this.#lease
    const before = this.#streams
    const full = { openStreams: before.open, waitedMs }
    if (runOnLease('move', () => lease.move?.(full)) !== true) return false
    const streams = OpenStreams.of(lease.connection)
    if (streams === before) return false
    before.stopWaiting(this)
    this.#streams = streams
    this.#wait()
    return true
  }

  /** Reports to the lease that the peer has not ended the stream in time. */
  reportStream(state: LateStream): void {
    const lease = this.#lease
    runOnLease('reportStream', () => lease.reportStream?.(state))
  }

  /** Ends the lease with the outcome of the call or session, or with the reason why no stream was opened. */
  release(error: RpcError | undefined): void {
    if (this.#stream !== undefined) this.#streams.open--
    releaseLease(this.#lease, error)
  }
}
