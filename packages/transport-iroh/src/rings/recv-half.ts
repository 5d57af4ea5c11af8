import { type ReadWaiter, TransportError } from '@aster/rpc-core'
import { misuseError } from '@aster/rpc-core/protocol'
import { allocate } from '@aster/rpc-core/schema'
import type { Rings } from './rings.ts'

/** Bytes that are read before the addon is told: about half of the 66 KiB that the addon reads ahead at first. */
const TOLD_BYTES = 32_768
/** The most bytes that one read copies. */
const READ_BYTES = 262_144

const SETTLED = Promise.resolve()
const END: Promise<undefined> = Promise.resolve(undefined)

interface Reading {
  readonly resolve: (bytes: Uint8Array | undefined) => void
  readonly reject: (error: unknown) => void
  readonly maxBytes: number
}

/** The receiving half of a stream of the addon. */
export class RecvHalf {
  readonly #handle: number
  readonly #rings: Rings
  readonly #pieces: Uint8Array[] = []
  /** The bytes of the pieces. */
  #pieceBytes = 0
  /** Bytes that wait in the addon, after the pieces here. */
  #waitingBytes = 0
  /** Bytes that were read since the addon was last told. */
  #readBytes = 0
  #reading: Reading | undefined
  #waiter: ReadWaiter | undefined
  /** Whether the peer has finished, or this side has stopped the half. */
  #isEnded = false
  #failure: (() => TransportError) | undefined
  /** Whether a read has thrown the failure, after which `stop` has no effect. */
  #isFailureTold = false

  constructor(handle: number, rings: Rings) {
    this.#handle = handle
    this.#rings = rings
  }

  /** Whether no more bytes of the peer are expected. */
  get isOver(): boolean {
    return this.#isEnded || this.#failure !== undefined
  }

  /** Whether the half no longer needs its handle. */
  get isDone(): boolean {
    return this.isOver && this.#waitingBytes === 0
  }

  /** The number of bytes that can be read at once. */
  get readableBytes(): number {
    return this.#pieceBytes + this.#waitingBytes
  }

  /** Adds a piece that has arrived. A piece that arrives after `stop` is dropped. */
  push(piece: Uint8Array): void {
    if (this.isOver) return
    this.#addPiece(piece)
    this.#serve()
  }

  /** Records bytes that wait in the addon. */
  pushWaiting(bytes: number): void {
    if (this.isOver) return
    this.#waitingBytes += bytes
    this.#serve()
  }

  /** Records the peer's clean end. */
  end(): void {
    if (this.isOver) return
    this.#isEnded = true
    this.#serve()
  }

  /** Records the peer's reset. */
  endByReset(code: number): void {
    if (this.isOver) return
    this.#fail(() => new TransportError('reset', `the peer reset the stream with code ${code}`, { code }))
  }

  /** Ends the half when the connection is gone and its handle is released. Bytes that have arrived can still be read. */
  fail(error: () => TransportError): void {
    this.#takeAll()
    if (!this.isOver) this.#fail(error)
  }

  /** Copies the pieces that are views of `slab`. */
  leaveSlab(slab: ArrayBufferLike): void {
    for (const [i, piece] of this.#pieces.entries()) if (piece.buffer === slab) this.#pieces[i] = piece.slice()
  }

  read(maxBytes = READ_BYTES): Promise<Uint8Array | undefined> {
    const ready = this.#takeReady(maxBytes)
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#isEnded) return END
    if (this.#reading !== undefined) return Promise.reject(readUnderWay())
    if (this.#failure !== undefined) return Promise.reject(this.#tellFailure(this.#failure))
    return new Promise((resolve, reject) => (this.#reading = { resolve, reject, maxBytes }))
  }

  tryRead(waiter: ReadWaiter, maxBytes = READ_BYTES): Uint8Array | null | undefined {
    return this.#takeReady(maxBytes) ?? this.#waitFor(waiter)
  }

  tryReadInto(waiter: ReadWaiter, into: Uint8Array): number | null | undefined {
    let count = 0
    while (count < into.length) {
      const piece = this.#takePiece(into.length - count)
      if (piece === undefined) break
      into.set(piece, count)
      count += piece.length
    }
    if (count < into.length && this.#waitingBytes > 0) count += this.#take(count === 0 ? into : into.subarray(count))
    if (count === 0) return this.#waitFor(waiter)
    this.#countRead(count)
    return count
  }

  /** Makes a read wait. Returns `null` if no bytes will arrive. */
  #waitFor(waiter: ReadWaiter): null | undefined {
    if (this.#isEnded) return null
    if (this.#reading !== undefined) throw readUnderWay()
    if (this.#failure !== undefined) throw this.#tellFailure(this.#failure)
    this.#waiter = waiter
    return undefined
  }

  stop(code: number): void {
    if (this.#isFailureTold) return
    if (!this.isOver) this.#rings.enqueue().stop(this.#handle, code)
    this.#isEnded = true
    this.#pieces.length = 0
    this.#pieceBytes = 0
    this.#waitingBytes = 0
    this.#reading?.resolve(undefined)
    this.#reading = undefined
    this.#wakeLater()
  }

  /** Returns the next bytes, if some have arrived. */
  #takeReady(maxBytes: number): Uint8Array | undefined {
    const bytes = this.#pieces.length > 0 ? this.#takePiece(maxBytes) : this.#takeWaiting(maxBytes)
    if (bytes !== undefined) this.#countRead(bytes.length)
    return bytes
  }

  /** Tells the addon how much was read, so that it reads on. */
  #countRead(bytes: number): void {
    this.#readBytes += bytes
    if (this.#readBytes < TOLD_BYTES || this.isOver) return
    this.#rings.enqueue().want(this.#handle, this.#readBytes)
    this.#readBytes = 0
  }

  #addPiece(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#pieceBytes += piece.length
  }

  #takePiece(maxBytes: number): Uint8Array | undefined {
    const [piece] = this.#pieces
    if (piece === undefined) return undefined
    if (piece.length <= maxBytes) this.#pieces.shift()
    else this.#pieces[0] = piece.subarray(maxBytes)
    const taken = piece.length <= maxBytes ? piece : piece.subarray(0, maxBytes)
    this.#pieceBytes -= taken.length
    return taken
  }

  #takeWaiting(maxBytes: number): Uint8Array | undefined {
    if (this.#waitingBytes === 0) return undefined
    const bytes = allocate(Math.min(this.#waitingBytes, maxBytes, READ_BYTES))
    const count = this.#take(bytes)
    return count < bytes.length ? bytes.subarray(0, count) : bytes
  }

  /** Takes bytes that wait in the addon, but none of which this half has not been told yet. */
  #take(into: Uint8Array): number {
    const room = into.length > this.#waitingBytes ? into.subarray(0, this.#waitingBytes) : into
    const count = this.#rings.net.take(this.#handle, room)
    this.#waitingBytes -= count
    return count
  }

  /** Takes all bytes that wait in the addon, before the handle is released. */
  #takeAll(): void {
    if (this.#waitingBytes === 0) return
    const bytes = allocate(this.#waitingBytes)
    this.#addPiece(bytes.subarray(0, this.#take(bytes)))
    this.#waitingBytes = 0
  }

  /** Passes bytes that have arrived to the waiting read. */
  #serve(): void {
    const reading = this.#reading
    if (reading === undefined) return this.#wake()
    const bytes = this.#takeReady(reading.maxBytes)
    if (bytes === undefined && !this.#isEnded) return
    this.#reading = undefined
    reading.resolve(bytes)
  }

  #fail(error: () => TransportError): void {
    this.#failure = error
    const reading = this.#reading
    this.#reading = undefined
    reading?.reject(this.#tellFailure(error))
    this.#wakeLater()
  }

  #tellFailure(error: () => TransportError): TransportError {
    this.#isFailureTold = true
    return error()
  }

  /** Wakes the waiting read in a later microtask, not within the call that ends the half. */
  #wakeLater(): void {
    if (this.#waiter !== undefined) void SETTLED.then(() => this.#wake())
  }

  #wake(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.onReadable()
  }
}

function readUnderWay(): TransportError {
  return misuseError('a read is under way; wait for it before the next one')
}
