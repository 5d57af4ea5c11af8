import type { ByteStream, Connection, Logger, RpcError } from '@aster/rpc-core'
import { type ConnectionLease, releaseLease } from './connection-lease.ts'
import { OpenStreams, type WaitingStream } from './open-streams.ts'
import { Phase, type Progress } from './progress.ts'

/** A stream, and the lease to release when the call or session on it is over. */
export class LeasedStream implements WaitingStream {
  readonly logger: Logger | undefined
  since = 0
  readonly #lease: ConnectionLease
  readonly #streams: OpenStreams
  #stream: ByteStream | undefined

  /** Begins to wait for a stream on the connection of `lease`. */
  constructor(lease: ConnectionLease, logger: Logger | undefined, progress: Progress | undefined) {
    this.#lease = lease
    this.logger = logger
    this.#streams = OpenStreams.of(lease.connection)
    if (progress !== undefined) {
      progress.phase = Phase.STREAM
      progress.streams = this.#streams
    }
    this.#streams.startWaiting(this)
  }

  get connection(): Connection {
    return this.#lease.connection
  }

  /** The stream. There is none before `accept`. */
  get stream(): ByteStream {
    return this.#stream as ByteStream
  }

  /** Ends the wait with the stream that was opened. */
  accept(stream: ByteStream): this {
    this.#stream = stream
    this.#streams.stopWaiting(this)
    this.#streams.open++
    return this
  }

  /** Ends the lease: no stream was opened, or the call or session on it is over, with `error` or well. */
  release(error: RpcError | undefined): void {
    if (this.#stream === undefined) this.#streams.stopWaiting(this)
    else this.#streams.open--
    releaseLease(this.#lease, error)
  }
}
