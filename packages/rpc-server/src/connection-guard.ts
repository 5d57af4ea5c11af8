import { RpcError, StatusCode } from '@aster/rpc-core'
import { type FrameStream, ReadBudget, runGuarded, TimeoutQueue, WriteBudget } from '@aster/rpc-core/protocol'
import { FrameTurns } from './frame-turns.ts'
import type { ServeOptions } from './options.ts'
import { PeerSessions } from './peer-sessions.ts'
import type { RefusalCause } from './refusal.ts'

/** Milliseconds from the acceptance of a stream until its header has come. */
const HEADER_MS = 10_000
/** Milliseconds without a byte of a frame that has begun. */
const FRAME_MS = 10_000
/** Milliseconds in which the consumer takes no byte of the answer to a unary or client-stream call. */
const FLUSH_MS = 30_000
/** Sessions of one peer by default. */
const MAX_SESSIONS = 1_000

/** Bounds the time and the memory that a peer can take on one connection. */
export class ConnectionGuard {
  readonly readBudget = new ReadBudget()
  readonly writeBudget = new WriteBudget()
  readonly turns = new FrameTurns()
  /** Streams whose header has not come. */
  readonly opening: TimeoutQueue<FrameStream>
  /** Streams that wait for the rest of a frame. */
  readonly stalled: TimeoutQueue<FrameStream>
  /** Streams whose consumer takes no byte: those of calls with one answer, and those of calls with streamed ones. */
  readonly unread: {
    readonly answer: TimeoutQueue<FrameStream>
    readonly stream: TimeoutQueue<FrameStream> | undefined
  }
  /** Sessions that are open on the connection. */
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

  /** Bytes received or to be sent that are held in memory. */
  get bufferedBytes(): number {
    return this.readBudget.used + this.writeBudget.used
  }

  /** Stops the timers: the connection is gone. */
  stop(): void {
    for (const queue of [this.opening, this.stalled, this.unread.answer]) queue.stop()
  }

  /** Ends a stream whose answer is not read. */
  cutUnread(frames: FrameStream, message: string): void {
    frames.cut(this.#refuse('unread', new RpcError(StatusCode.DEADLINE_EXCEEDED, message)))
  }

  /** Counts that a stream or call was refused or cut off. */
  refuse(cause: RefusalCause, message: string): void {
    const onRefusal = this.#onRefusal
    if (onRefusal === undefined) return
    runGuarded(
      () => onRefusal({ cause, peer: this.#peer, message }),
      () => {},
    )
  }

  /** @throws RpcError `RESOURCE_EXHAUSTED` if the peer has too many sessions open */
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
