import type { ByteStream, ReadWaiter, TransportError } from '@aster/rpc-core'
import { assertStreamCode } from '@aster/rpc-core/protocol'
import { EventKind } from './kinds.ts'
import { RecvHalf } from './recv-half.ts'
import type { Owner, Rings } from './rings.ts'
import { SendHalf } from './send-half.ts'

/** The connection of a stream. */
export interface StreamOwner {
  /** Called when the sending half is finished. */
  onFinish(): void
  /** Called once both halves have ended. */
  onOver(stream: RingStream): void
}

/** A stream of the addon. Its handle is released once both halves have ended, or when the connection is gone. */
export class RingStream implements ByteStream, Owner {
  readonly handle: number
  readonly #rings: Rings
  readonly #owner: StreamOwner
  readonly #recv: RecvHalf
  readonly #send: SendHalf
  #isFinishTold = false
  #isReleased = false

  constructor(handle: number, rings: Rings, owner: StreamOwner) {
    this.handle = handle
    this.#rings = rings
    this.#owner = owner
    this.#recv = new RecvHalf(handle, rings)
    this.#send = new SendHalf(handle, rings, this)
    rings.add(this)
  }

  onEvent(kind: number, a: number, b: number, slab: Uint8Array): void {
    switch (kind) {
      case EventKind.DATA:
        this.#recv.push(new Uint8Array(slab.buffer, slab.byteOffset + a, b))
        break
      case EventKind.READABLE:
        this.#recv.pushWaiting(a)
        break
      case EventKind.END:
        this.#recv.end()
        break
      case EventKind.RESET:
        this.#recv.endByReset(a)
        break
      case EventKind.STOPPED:
        this.#send.endByStop(a)
        break
      case EventKind.WROTE:
        this.#send.onWrote(a)
    }
    this.#settle()
  }

  onWritten(): void {
    this.#settle()
  }

  leaveSlab(slab: ArrayBufferLike): void {
    this.#recv.leaveSlab(slab)
  }

  read(maxBytes?: number): Promise<Uint8Array | undefined> {
    const read = this.#recv.read(maxBytes)
    this.#settle()
    return read
  }

  tryRead(waiter: ReadWaiter, maxBytes?: number): Uint8Array | null | undefined {
    const bytes = this.#recv.tryRead(waiter, maxBytes)
    this.#settle()
    return bytes
  }

  tryReadInto(waiter: ReadWaiter, into: Uint8Array): number | null | undefined {
    const count = this.#recv.tryReadInto(waiter, into)
    this.#settle()
    return count
  }

  get readableBytes(): number {
    return this.#recv.readableBytes
  }

  write(bytes: Uint8Array, { finish = false }: { finish?: boolean } = {}): Promise<void> {
    const written = this.#send.write(bytes, finish)
    this.#settle()
    return written
  }

  tryWrite(bytes: Uint8Array, { finish = false }: { finish?: boolean } = {}): boolean {
    const isTaken = this.#send.tryWrite(bytes, finish)
    if (finish) this.#settle()
    return isTaken
  }

  finish(): Promise<void> {
    const finished = this.#send.finish()
    this.#settle()
    return finished
  }

  reset(code: number): void {
    assertStreamCode(code)
    this.#send.reset(code)
    this.#settle()
  }

  stop(code: number): void {
    assertStreamCode(code)
    this.#recv.stop(code)
    this.#settle()
  }

  /** Ends both halves and releases the handle when the connection is gone. Bytes that have arrived can still be read. */
  fail(error: () => TransportError): void {
    this.#recv.fail(error)
    this.#send.fail(error)
    this.#settle()
  }

  /** Releases the handle once both halves have ended and no bytes wait in the addon. */
  #settle(): void {
    if (this.#isReleased || !this.#send.isDone) return
    if (this.#send.isFinished && !this.#isFinishTold) {
      this.#isFinishTold = true
      this.#owner.onFinish()
    }
    if (!this.#recv.isDone) return
    this.#isReleased = true
    this.#owner.onOver(this)
    this.#rings.release(this)
  }
}
