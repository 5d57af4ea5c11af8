import { TransportError } from '@aster/rpc-core'
import { misuseError } from '@aster/rpc-core/protocol'
import type { Rings } from './rings.ts'

/** Bytes that are queued in the addon before `write` waits. */
const QUEUED_BYTES = 262_144
/** Larger writes are submitted in pieces of this many bytes, so that the queue exceeds its bound only by a little. */
const PIECE_BYTES = 131_072

const TAKEN = Promise.resolve()

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The stream of a sending half. */
interface SendOwner {
  /** Called at the end of each write that had to wait. */
  onWritten(): void
}

/** The sending half of a stream of the addon. */
export class SendHalf {
  readonly #handle: number
  readonly #rings: Rings
  readonly #owner: SendOwner
  #queuedBytes = 0
  /** Whether a write that had to wait is in progress. */
  #isWriting = false
  /** Set while that write waits for room in the queue. */
  #waiting: Waiting | undefined
  /** The turn of the last write that did not have to wait: for its caller, that write is in progress until the turn ends. */
  #writeTurn = -1
  #isFinished = false
  #failure: (() => TransportError) | undefined
  /** Whether a write has thrown the failure, after which `reset` has no effect. */
  #isFailureTold = false
  /** Whether the failure is the end of the connection. */
  #isGone = false

  constructor(handle: number, rings: Rings, owner: SendOwner) {
    this.#handle = handle
    this.#rings = rings
    this.#owner = owner
  }

  get isFinished(): boolean {
    return this.#isFinished
  }

  /** Whether the half no longer needs its handle. */
  get isDone(): boolean {
    return this.#isFinished || this.#failure !== undefined
  }

  /** Records bytes that left the queue. */
  onWrote(bytes: number): void {
    this.#queuedBytes -= bytes
    if (this.#queuedBytes < QUEUED_BYTES) this.#takeWaiting()?.resolve()
  }

  /** Records that the peer stopped the half. */
  endByStop(code: number): void {
    if (this.#isFinished) return
    this.#fail(() => new TransportError('stopped', `the peer stopped reading with code ${code}`, { code }))
  }

  /** Ends the half when the connection is gone. */
  fail(error: () => TransportError): void {
    this.#isGone = this.#failure === undefined
    if (!this.#isFinished) this.#fail(error)
  }

  /** Resolves when the queue has taken the bytes. */
  write(bytes: Uint8Array, finish: boolean): Promise<void> {
    if (this.tryWrite(bytes, finish)) {
      this.#writeTurn = this.#rings.takeTurn()
      return TAKEN
    }
    if (this.#failure !== undefined) return Promise.reject(this.#tellFailure(this.#failure))
    if (this.#isWriteUnderWay)
      return Promise.reject(misuseError('a write is under way; wait for it before the next one'))
    if (this.#isFinished) return Promise.reject(misuseError('the sending half is finished'))
    return this.#writePieces(bytes, finish)
  }

  /** Returns whether the queue has taken the bytes. */
  tryWrite(bytes: Uint8Array, finish: boolean): boolean {
    const hasRoom = bytes.length <= PIECE_BYTES && this.#queuedBytes < QUEUED_BYTES
    if (!hasRoom || this.isDone || this.#isWriteUnderWay) return false
    this.#submit(bytes, finish)
    return true
  }

  finish(): Promise<void> {
    if (this.#isFinished || this.#isFailureTold) return TAKEN
    if (this.#failure !== undefined) {
      if (!this.#isGone) return TAKEN
      return Promise.reject(this.#tellFailure(this.#failure))
    }
    if (this.#isWriteUnderWay) return Promise.reject(misuseError('a write is under way; wait for it before finish'))
    this.#isFinished = true
    this.#rings.enqueue().finish(this.#handle)
    return TAKEN
  }

  reset(code: number): void {
    if (this.#isFinished || this.#isFailureTold) return
    if (this.#failure === undefined) this.#rings.enqueue().reset(this.#handle, code)
    // Later writes fail with this error, even if the half has ended for another reason in the meantime.
    this.#failure = undefined
    this.#isFailureTold = true
    this.#fail(() => new TransportError('reset', `the sending half was reset here with code ${code}`, { code }))
  }

  get #isWriteUnderWay(): boolean {
    return this.#isWriting || this.#writeTurn === this.#rings.turn
  }

  #submit(bytes: Uint8Array, finish: boolean): void {
    this.#queuedBytes += bytes.length
    this.#rings.write(this.#handle, bytes, finish)
    this.#isFinished = finish
  }

  async #writePieces(bytes: Uint8Array, finish: boolean): Promise<void> {
    this.#isWriting = true
    try {
      let at = 0
      do {
        if (this.#queuedBytes >= QUEUED_BYTES)
          await new Promise<void>((resolve, reject) => (this.#waiting = { resolve, reject }))
        // The half may have failed between the event that reported room and this turn.
        if (this.#failure !== undefined) throw this.#failure()
        const end = Math.min(at + PIECE_BYTES, bytes.length)
        this.#submit(bytes.subarray(at, end), finish && end === bytes.length)
        at = end
      } while (at < bytes.length)
    } catch (error) {
      this.#isFailureTold = true
      throw error
    } finally {
      this.#isWriting = false
      this.#owner.onWritten()
    }
  }

  #takeWaiting(): Waiting | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }

  #fail(error: () => TransportError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#takeWaiting()?.reject(error())
  }

  #tellFailure(error: () => TransportError): TransportError {
    this.#isFailureTold = true
    return error()
  }
}
