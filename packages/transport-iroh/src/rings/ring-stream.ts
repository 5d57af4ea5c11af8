import { type ByteStream, TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError } from '@aster/rpc-core/protocol'
import { allocate } from '@aster/rpc-core/schema'
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

/** A read that waits: for bytes of the transport, or for some in memory of the reader. */
type Reading =
  | (Waiting<Uint8Array | undefined> & { readonly maxBytes: number; readonly into: undefined })
  | (Waiting<number | undefined> & { readonly into: Uint8Array })

/** A stream of the addon. */
export class RingStream implements ByteStream, Owner {
  readonly handle: number
  readonly #rings: Rings
  /** Called once both halves are over. */
  readonly #onOver: (stream: RingStream) => void
  #isReleased = false

  readonly #pieces: Uint8Array[] = []
  /** Bytes that wait in the addon, behind the pieces here. */
  #waitingBytes = 0
  #readBytes = 0
  #reading: Reading | undefined
  #isEnded = false
  #readFailure: (() => TransportError) | undefined

  #queuedBytes = 0
  #writing: Waiting<void> | undefined
  #isFinished = false
  #writeFailure: (() => TransportError) | undefined
  #onRoom: (() => void) | undefined

  constructor(handle: number, rings: Rings, onOver: (stream: RingStream) => void) {
    this.handle = handle
    this.#rings = rings
    this.#onOver = onOver
    rings.add(this)
  }

  onEvent(kind: number, a: number, b: number, slab: Uint8Array): void {
    switch (kind) {
      case EventKind.DATA:
        this.#pieces.push(new Uint8Array(slab.buffer, slab.byteOffset + a, b))
        return this.#serve()
      case EventKind.READABLE:
        this.#waitingBytes += a
        return this.#serve()
      case EventKind.END:
        this.#isEnded = true
        this.#serve()
        return this.#settle()
      case EventKind.RESET:
        return this.#failReads(
          () => new TransportError('reset', `the peer reset the stream with code ${a}`, { code: a }),
        )
      case EventKind.STOPPED:
        return this.#failWrites(
          () => new TransportError('stopped', `the peer stopped reading with code ${a}`, { code: a }),
        )
      case EventKind.WROTE:
        this.#queuedBytes -= a
        if (this.#queuedBytes < QUEUED_BYTES) this.#onRoom?.()
    }
  }

  read(maxBytes = READ_BYTES): Promise<Uint8Array | undefined> {
    const ready = this.#takeReady(maxBytes)
    if (ready !== undefined) return Promise.resolve(ready)
    return (
      this.#readsNoMore() ??
      new Promise((resolve, reject) => (this.#reading = { resolve, reject, maxBytes, into: undefined }))
    )
  }

  readInto(into: Uint8Array): Promise<number | undefined> {
    const ready = this.#copyReady(into)
    if (ready !== undefined) return Promise.resolve(ready)
    return this.#readsNoMore() ?? new Promise((resolve, reject) => (this.#reading = { resolve, reject, into }))
  }

  /** Returns what a read ends with that finds no bytes, unless it has to wait for some. */
  #readsNoMore(): Promise<undefined> | undefined {
    if (this.#reading !== undefined)
      return Promise.reject(misuseError('a read is under way; wait for it before the next one'))
    if (this.#isEnded) return END
    if (this.#readFailure !== undefined) return Promise.reject(this.#readFailure())
    return undefined
  }

  write(bytes: Uint8Array, { finish = false }: { finish?: boolean } = {}): Promise<void> {
    if (this.#writeFailure !== undefined) return Promise.reject(this.#writeFailure())
    if (this.#writing !== undefined)
      return Promise.reject(misuseError('a write is under way; wait for it before the next one'))
    if (this.#isFinished) return Promise.reject(misuseError('the sending half is finished'))
    if (bytes.length <= PIECE_BYTES && this.#queuedBytes < QUEUED_BYTES) {
      this.#submit(bytes, finish)
      if (finish) this.#settle()
      return TAKEN
    }
    return this.#writePieces(bytes, finish)
  }

  finish(): Promise<void> {
    if (this.#isFinished || this.#writeFailure !== undefined) return TAKEN
    if (this.#writing !== undefined)
      return Promise.reject(misuseError('a write is under way; wait for it before finish'))
    this.#isFinished = true
    this.#rings.net.finish(this.handle)
    this.#settle()
    return TAKEN
  }

  reset(code: number): void {
    assertStreamCode(code)
    if (this.#isFinished || this.#writeFailure !== undefined) return
    this.#rings.net.reset(this.handle, code)
    this.#failWrites(() => new TransportError('reset', `the sending half was reset here with code ${code}`, { code }))
  }

  stop(code: number): void {
    assertStreamCode(code)
    if (this.#isEnded || this.#readFailure !== undefined) return
    this.#rings.net.stop(this.handle, code)
    this.#isEnded = true
    this.#pieces.length = 0
    this.#waitingBytes = 0
    this.#reading?.resolve(undefined)
    this.#reading = undefined
    this.#settle()
  }

  /** Ends both halves: the connection is gone. What has come can still be read. */
  fail(error: () => TransportError): void {
    if (!this.#isEnded) this.#failReads(error)
    if (!this.#isFinished) this.#failWrites(error)
  }

  #submit(bytes: Uint8Array, finish: boolean): void {
    this.#isFinished = finish
    this.#queuedBytes += bytes.length
    this.#rings.net.write(this.handle, bytes, finish)
  }

  async #writePieces(bytes: Uint8Array, finish: boolean): Promise<void> {
    let at = 0
    do {
      if (this.#queuedBytes >= QUEUED_BYTES) await this.#room()
      const end = Math.min(at + PIECE_BYTES, bytes.length)
      this.#submit(bytes.subarray(at, end), finish && end === bytes.length)
      at = end
    } while (at < bytes.length)
    if (finish) this.#settle()
  }

  /** Resolves when the queue has room. Rejects when the half fails. */
  #room(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writing = { resolve, reject }
      this.#onRoom = () => {
        this.#writing = undefined
        this.#onRoom = undefined
        resolve()
      }
    })
  }

  /** Returns the next bytes, if some have come. */
  #takeReady(maxBytes: number): Uint8Array | undefined {
    const bytes = this.#pieces.length > 0 ? this.#takePiece(maxBytes) : this.#takeWaiting(maxBytes)
    if (bytes !== undefined) this.#countRead(bytes.length)
    return bytes
  }

  /** Copies the next bytes to memory of the reader. Returns how many; `undefined` if none have come. */
  #copyReady(into: Uint8Array): number | undefined {
    let count = 0
    const most = into.length
    while (count < most) {
      const piece = this.#takePiece(most - count)
      if (piece === undefined) break
      into.set(piece, count)
      count += piece.length
    }
    if (count < most && this.#waitingBytes > 0) count += this.#take(count === 0 ? into : into.subarray(count))
    if (count === 0) return undefined
    this.#countRead(count)
    return count
  }

  /** Tells the addon of what was read, so that it reads on. */
  #countRead(bytes: number): void {
    this.#readBytes += bytes
    if (this.#readBytes < TOLD_BYTES || this.#isEnded) return
    this.#rings.net.want(this.handle, this.#readBytes)
    this.#readBytes = 0
  }

  #takePiece(maxBytes: number): Uint8Array | undefined {
    const piece = this.#pieces[0]
    if (piece === undefined || piece.length <= maxBytes) return this.#pieces.shift()
    this.#pieces[0] = piece.subarray(maxBytes)
    return piece.subarray(0, maxBytes)
  }

  #takeWaiting(maxBytes: number): Uint8Array | undefined {
    if (this.#waitingBytes === 0) return undefined
    const bytes = allocate(Math.min(this.#waitingBytes, maxBytes, READ_BYTES))
    const count = this.#take(bytes)
    return count < bytes.length ? bytes.subarray(0, count) : bytes
  }

  #take(into: Uint8Array): number {
    const count = this.#rings.net.take(this.handle, into)
    this.#waitingBytes -= count
    if (this.#waitingBytes === 0) this.#settle()
    return count
  }

  /** Hands what has come to the read that waits. */
  #serve(): void {
    const reading = this.#reading
    if (reading === undefined) return
    if (reading.into === undefined) {
      const bytes = this.#takeReady(reading.maxBytes)
      if (bytes === undefined && !this.#isEnded) return
      this.#reading = undefined
      reading.resolve(bytes)
    } else {
      const count = this.#copyReady(reading.into)
      if (count === undefined && !this.#isEnded) return
      this.#reading = undefined
      reading.resolve(count)
    }
  }

  #failReads(error: () => TransportError): void {
    this.#readFailure ??= error
    const reading = this.#reading
    this.#reading = undefined
    reading?.reject(error())
    this.#settle()
  }

  #failWrites(error: () => TransportError): void {
    this.#writeFailure ??= error
    const writing = this.#writing
    this.#writing = undefined
    this.#onRoom = undefined
    writing?.reject(error())
    this.#settle()
  }

  /** Gives the handle back once both halves are over, and nothing waits in the addon. */
  #settle(): void {
    const isReadOver = (this.#isEnded || this.#readFailure !== undefined) && this.#waitingBytes === 0
    const isWriteOver = (this.#isFinished && this.#writing === undefined) || this.#writeFailure !== undefined
    if (this.#isReleased || !isReadOver || !isWriteOver) return
    this.#isReleased = true
    this.#onOver(this)
    this.#rings.release(this)
  }
}
