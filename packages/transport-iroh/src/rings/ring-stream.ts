import { type ByteStream, TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError } from '@aster/rpc-core/protocol'
import { EventKind } from './kinds.ts'
import type { Owner, Rings } from './rings.ts'

/** Bytes that are queued in the addon before `write` waits. */
const QUEUED_BYTES = 262_144
/** Larger writes are submitted in pieces: what flow control does not take is copied once more. */
const PIECE_BYTES = 65_536
/** Bytes that were read before the addon is told, of the 64 KiB that it reads ahead. */
const TOLD_BYTES = 32_768
/** The most that one read copies. */
const READ_BYTES = 262_144

const TAKEN = Promise.resolve()
const END: Promise<undefined> = Promise.resolve(undefined)

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** The connection of a stream. */
export interface StreamOwner {
  /** Called when the sending half is finished. */
  onFinish(): void
  /** Called once both halves are over. */
  onOver(stream: RingStream): void
}

/** A stream of the addon. Its handle is given back once both halves are over, or the connection is gone. */
export class RingStream implements ByteStream, Owner {
  readonly handle: number
  readonly #rings: Rings
  readonly #owner: StreamOwner
  #isReleased = false

  readonly #pieces: Uint8Array[] = []
  /** Bytes that wait in the addon, behind the pieces here. */
  #waitingBytes = 0
  #readBytes = 0
  #reading: (Waiting<Uint8Array | undefined> & { readonly maxBytes: number }) | undefined
  /** The peer has finished, or this side has stopped. */
  #isEnded = false
  #readFailure: (() => TransportError) | undefined
  /** Whether a read has thrown it: from then on `stop` changes nothing. */
  #isReadFailureTold = false

  #queuedBytes = 0
  /** Whether a write is under way that had to wait. */
  #isWriting = false
  /** Of that write, while the queue has no room. */
  #writing: Waiting<void> | undefined
  /** The turn of the last write that did not have to wait: in that turn it is under way for its caller. */
  #writeTurn = -1
  #isFinished = false
  #writeFailure: (() => TransportError) | undefined
  /** Whether a write has thrown it: from then on `reset` changes nothing. */
  #isWriteFailureTold = false
  /** Whether it is the end of the connection. */
  #isGone = false

  constructor(handle: number, rings: Rings, owner: StreamOwner) {
    this.handle = handle
    this.#rings = rings
    this.#owner = owner
    rings.add(this)
  }

  onEvent(kind: number, a: number, b: number, slab: Uint8Array): void {
    switch (kind) {
      case EventKind.DATA:
        // What comes behind a stop was on its way.
        if (this.#isReadOver) return
        this.#pieces.push(new Uint8Array(slab.buffer, slab.byteOffset + a, b))
        return this.#serve()
      case EventKind.READABLE:
        if (this.#isReadOver) return
        this.#waitingBytes += a
        return this.#serve()
      case EventKind.END:
        if (this.#isReadOver) return
        this.#isEnded = true
        this.#serve()
        return this.#settle()
      case EventKind.RESET:
        if (this.#isReadOver) return
        return this.#failReads(
          () => new TransportError('reset', `the peer reset the stream with code ${a}`, { code: a }),
        )
      case EventKind.STOPPED:
        if (this.#isFinished) return
        return this.#failWrites(
          () => new TransportError('stopped', `the peer stopped reading with code ${a}`, { code: a }),
        )
      case EventKind.WROTE:
        this.#queuedBytes -= a
        if (this.#queuedBytes < QUEUED_BYTES) this.#takeWriting()?.resolve()
    }
  }

  leaveSlab(slab: ArrayBufferLike): void {
    for (const [i, piece] of this.#pieces.entries()) if (piece.buffer === slab) this.#pieces[i] = piece.slice()
  }

  read(maxBytes = READ_BYTES): Promise<Uint8Array | undefined> {
    const ready = this.#takeReady(maxBytes)
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#isEnded) return END
    if (this.#reading !== undefined)
      return Promise.reject(misuseError('a read is under way; wait for it before the next one'))
    if (this.#readFailure !== undefined) {
      this.#isReadFailureTold = true
      return Promise.reject(this.#readFailure())
    }
    return new Promise((resolve, reject) => (this.#reading = { resolve, reject, maxBytes }))
  }

  write(bytes: Uint8Array, { finish = false }: { finish?: boolean } = {}): Promise<void> {
    if (this.#writeFailure !== undefined) {
      this.#isWriteFailureTold = true
      return Promise.reject(this.#writeFailure())
    }
    if (this.#isWriteUnderWay)
      return Promise.reject(misuseError('a write is under way; wait for it before the next one'))
    if (this.#isFinished) return Promise.reject(misuseError('the sending half is finished'))
    if (bytes.length <= PIECE_BYTES && this.#queuedBytes < QUEUED_BYTES) {
      this.#writeTurn = this.#rings.takeTurn()
      this.#submit(bytes, finish)
      if (finish) this.#settle()
      return TAKEN
    }
    return this.#writePieces(bytes, finish)
  }

  finish(): Promise<void> {
    if (this.#isFinished || this.#isWriteFailureTold) return TAKEN
    if (this.#writeFailure !== undefined) {
      if (!this.#isGone) return TAKEN
      this.#isWriteFailureTold = true
      return Promise.reject(this.#writeFailure())
    }
    if (this.#isWriteUnderWay) return Promise.reject(misuseError('a write is under way; wait for it before finish'))
    this.#isFinished = true
    this.#owner.onFinish()
    this.#rings.net.finish(this.handle)
    this.#settle()
    return TAKEN
  }

  reset(code: number): void {
    assertStreamCode(code)
    if (this.#isFinished || this.#isWriteFailureTold) return
    if (this.#writeFailure === undefined) this.#rings.net.reset(this.handle, code)
    // Whatever has ended the half meanwhile, this is what later writes are to hear.
    this.#writeFailure = undefined
    this.#isWriteFailureTold = true
    this.#failWrites(() => new TransportError('reset', `the sending half was reset here with code ${code}`, { code }))
  }

  stop(code: number): void {
    assertStreamCode(code)
    if (this.#isReadFailureTold) return
    if (!this.#isReadOver) this.#rings.net.stop(this.handle, code)
    this.#isEnded = true
    this.#pieces.length = 0
    this.#waitingBytes = 0
    this.#reading?.resolve(undefined)
    this.#reading = undefined
    this.#settle()
  }

  /** Ends both halves, and gives the handle back: the connection is gone. What has come can still be read. */
  fail(error: () => TransportError): void {
    this.#takeAll()
    if (!this.#isReadOver) this.#failReads(error)
    this.#isGone = this.#writeFailure === undefined
    if (!this.#isFinished) this.#failWrites(error)
    this.#settle()
  }

  get #isReadOver(): boolean {
    return this.#isEnded || this.#readFailure !== undefined
  }

  get #isWriteUnderWay(): boolean {
    return this.#isWriting || this.#writeTurn === this.#rings.turn
  }

  #submit(bytes: Uint8Array, finish: boolean): void {
    this.#queuedBytes += bytes.length
    this.#rings.net.write(this.handle, bytes, finish)
    if (!finish) return
    this.#isFinished = true
    this.#owner.onFinish()
  }

  async #writePieces(bytes: Uint8Array, finish: boolean): Promise<void> {
    this.#isWriting = true
    try {
      let at = 0
      do {
        if (this.#queuedBytes >= QUEUED_BYTES)
          await new Promise<void>((resolve, reject) => (this.#writing = { resolve, reject }))
        // The half may have failed between the event that told of room and this turn.
        if (this.#writeFailure !== undefined) throw this.#writeFailure()
        const end = Math.min(at + PIECE_BYTES, bytes.length)
        this.#submit(bytes.subarray(at, end), finish && end === bytes.length)
        at = end
      } while (at < bytes.length)
    } catch (error) {
      this.#isWriteFailureTold = true
      throw error
    } finally {
      this.#isWriting = false
      this.#settle()
    }
  }

  #takeWriting(): Waiting<void> | undefined {
    const writing = this.#writing
    this.#writing = undefined
    return writing
  }

  /** Returns the next bytes, if some have come. */
  #takeReady(maxBytes: number): Uint8Array | undefined {
    const bytes = this.#pieces.length > 0 ? this.#takePiece(maxBytes) : this.#takeWaiting(maxBytes)
    if (bytes === undefined) return undefined
    this.#readBytes += bytes.length
    if (this.#readBytes >= TOLD_BYTES && !this.#isReadOver) {
      this.#rings.net.want(this.handle, this.#readBytes)
      this.#readBytes = 0
    }
    return bytes
  }

  #takePiece(maxBytes: number): Uint8Array | undefined {
    const piece = this.#pieces[0]
    if (piece === undefined || piece.length <= maxBytes) return this.#pieces.shift()
    this.#pieces[0] = piece.subarray(maxBytes)
    return piece.subarray(0, maxBytes)
  }

  #takeWaiting(maxBytes: number): Uint8Array | undefined {
    if (this.#waitingBytes === 0) return undefined
    const bytes = Buffer.allocUnsafeSlow(Math.min(this.#waitingBytes, maxBytes, READ_BYTES))
    const count = this.#rings.net.take(this.handle, bytes)
    this.#waitingBytes -= count
    if (this.#waitingBytes === 0) this.#settle()
    return count < bytes.length ? bytes.subarray(0, count) : bytes
  }

  /** Takes what waits in the addon, to which the handle no longer leads soon. */
  #takeAll(): void {
    if (this.#waitingBytes === 0) return
    const bytes = Buffer.allocUnsafeSlow(this.#waitingBytes)
    this.#pieces.push(bytes.subarray(0, this.#rings.net.take(this.handle, bytes)))
    this.#waitingBytes = 0
  }

  /** Hands what has come to the read that waits. */
  #serve(): void {
    const reading = this.#reading
    if (reading === undefined) return
    const bytes = this.#takeReady(reading.maxBytes)
    if (bytes === undefined && !this.#isEnded) return
    this.#reading = undefined
    reading.resolve(bytes)
  }

  #failReads(error: () => TransportError): void {
    this.#readFailure = error
    const reading = this.#reading
    this.#reading = undefined
    if (reading !== undefined) {
      this.#isReadFailureTold = true
      reading.reject(error())
    }
    this.#settle()
  }

  #failWrites(error: () => TransportError): void {
    if (this.#writeFailure !== undefined) return
    this.#writeFailure = error
    this.#takeWriting()?.reject(error())
    this.#settle()
  }

  /** Gives the handle back once both halves are over, and nothing waits in the addon. */
  #settle(): void {
    const isReadDone = this.#isReadOver && this.#waitingBytes === 0
    const isWriteDone = this.#isFinished || this.#writeFailure !== undefined
    if (this.#isReleased || !isReadDone || !isWriteDone) return
    this.#isReleased = true
    this.#owner.onOver(this)
    this.#rings.release(this)
  }
}
