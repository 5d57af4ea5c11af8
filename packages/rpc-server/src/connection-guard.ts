import { RpcError, StatusCode } from '@aster/rpc-core'
import { type FrameStream, ReadBudget, runGuarded, TimeoutQueue, WriteBudget } from '@aster/rpc-core/protocol'
import { FrameTurns } from './frame-turns.ts'
import type { ServeOptions } from './options.ts'
import { PeerSessions } from './peer-sessions.ts'
import type { RefusalCause } from './refusal.ts'

/** How long the header of an accepted stream may take, in milliseconds. */
const HEADER_MS = 10_000
/** How long the next byte of a frame that has begun may take, in milliseconds. */
const FRAME_MS = 10_000
/** How long the server waits for a consumer that takes no byte of the answer to a unary or client-stream call, in milliseconds. */
const FLUSH_MS = 30_000
/** The most open sessions of one peer by default. */
const MAX_SESSIONS = 1_000

/** Bounds the time and memory that a peer can take on one connection. */
export class ConnectionGuard {
  readonly readBudget = new ReadBudget()
  readonly writeBudget = new WriteBudget()
  readonly turns = new FrameTurns()
  /** The streams whose header has not arrived. */
  readonly opening: TimeoutQueue<FrameStream>
  /** The streams that wait for the rest of a frame. */
  readonly stalled: TimeoutQueue<FrameStream>
  /** The streams whose consumer takes no byte: `answer` of calls with one response, `stream` of calls with streamed responses. */
  readonly unread: {
    readonly answer: TimeoutQueue<FrameStream>
    readonly stream: TimeoutQueue<FrameStream> | undefined
  }
  /** The number of open sessions on the connection. */
  sessions = 0
  readonly #peer: string
  readonly #maxSessions: number
  readonly #peerSessions: PeerSessions
  readonly #onRefusal: ServeOptions['onRefusal']

  constructor(peer: string, options: ServeOptions) {
    const { headerTimeoutMs = HEADER_MS, frameTimeoutMs = FRAME_MS, flushTimeoutMs, onRefusal } = options
    const { maxSessionsPerPeer = MAX_SESSIONS, peerSessions = new PeerSessions() } = options
    this.#peer = peer
    this.#maxSessions = maxSessionsPerPeer
    this.#peerSessions = peerSessions
    this.#onRefusal = onRefusal
    this.opening = new TimeoutQueue(headerTimeoutMs, (frames) => {
      const text = `the header has not come within ${headerTimeoutMs / 1000} s (headerTimeoutMs)`
      frames.failToRead(this.#refuse('header', new RpcError(StatusCode.DEADLINE_EXCEEDED, text)))
    })
    this.stalled = new TimeoutQueue(frameTimeoutMs, (frames) => {
      const text = `no byte of a frame that had begun has come for ${frameTimeoutMs / 1000} s (frameTimeoutMs)`
      frames.failToRead(this.#refuse('stalled', new RpcError(StatusCode.DEADLINE_EXCEEDED, text)))
    })
    const answer = new TimeoutQueue<FrameStream>(flushTimeoutMs ?? FLUSH_MS, (frames) => {
      const text = `no byte of the answer was taken for ${answer.ms / 1000} s (flushTimeoutMs)`
      this.cutUnread(frames, text)
    })
    this.unread = { answer, stream: flushTimeoutMs === undefined ? undefined : answer }
  }

  /** The number of bytes in memory that were received or are to be sent. */
  get bufferedBytes(): number {
    return this.readBudget.used + this.writeBudget.used
  }

  /** Stops the timers. Call it when the connection is gone. */
  stop(): void {
    for (const queue of [this.opening, this.stalled, this.unread.answer]) queue.stop()
  }

  /** Ends a stream whose consumer does not read the answer. */
  cutUnread(frames: FrameStream, message: string): void {
    frames.cut(this.#refuse('unread', new RpcError(StatusCode.DEADLINE_EXCEEDED, message)))
  }

  /** Reports to `onRefusal` that a stream or call was refused or cut off. */
  refuse(cause: RefusalCause, message: string): void {
    const onRefusal = this.#onRefusal
    if (onRefusal === undefined) return
    runGuarded(
      () => onRefusal({ cause, peer: this.#peer, message }),
      () => {},
    )
  }

  /**
   * Counts a session that opens.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if the peer has too many sessions open
   */
  openSession(): void {
    const max = this.#maxSessions
    if (!this.#peerSessions.open(this.#peer, max)) {
      const text = `the consumer has ${max} sessions open: the producer allows no more (maxSessionsPerPeer)`
      throw this.#refuse('sessions', new RpcError(StatusCode.RESOURCE_EXHAUSTED, text))
    }
    this.sessions++
  }

  closeSession(): void {
    this.sessions--
    this.#peerSessions.close(this.#peer)
  }

  #refuse(cause: RefusalCause, error: RpcError): RpcError {
    this.refuse(cause, error.message)
    return error
  }
}
