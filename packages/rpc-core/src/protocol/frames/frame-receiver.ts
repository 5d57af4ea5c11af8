import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import type { ByteStream, ReadWaiter } from '../../transport.ts'
import { TimeoutPlace, type TimeoutQueue } from '../signals/timeout-queue.ts'
import type { Frame } from './frame.ts'
import { FrameMemory } from './frame-memory.ts'
import { FrameReader, type FrameRefusal } from './frame-reader.ts'
import { PolledStream } from './polled-stream.ts'
import type { ReadBudget } from './read-budget.ts'

const WAITING = Symbol('waiting')

/** Options of `FrameReceiver`. */
export interface FrameReceiverOptions<Owner> {
  /**
   * Whether the peer must send a HEADER first.
   *
   * @default false
   */
  readonly startsWithHeader?: boolean | undefined
  /**
   * The memory for the received frames of all streams of the connection. `release` returns the memory of a frame.
   *
   * @default no limit
   */
  readonly readBudget?: ReadBudget | undefined
  /**
   * The timeout of streams that wait for the rest of a frame.
   *
   * @default no timeout
   */
  readonly stalled?: TimeoutQueue<Owner> | undefined
}

/**
 * The receiving half of a stream of frames, which is read only on request. The base of `FrameStream`, which is also its
 * `Owner`: the item of the timeout.
 */
export abstract class FrameReceiver<Owner> implements ReadWaiter {
  protected readonly stream: ByteStream
  readonly #polled: PolledStream
  readonly #reader: FrameReader
  readonly #memory: FrameMemory | undefined
  readonly #stalled: TimeoutQueue<Owner> | undefined
  /** The waiter for the next bytes, and whether its timeout runs. */
  #waiter: ReadWaiter | undefined
  #isStalled = false
  #stalledPlace: TimeoutPlace<Owner> | undefined
  /** The promise that `next` has returned. */
  #asked:
    | { readonly resolve: (frame: Frame | undefined) => void; readonly reject: (error: unknown) => void }
    | undefined
  /** Whether reading continues only to find the end. */
  #isDraining = false
  #readFailure: { readonly error: RpcError } | undefined

  constructor(stream: ByteStream, { startsWithHeader, readBudget, stalled }: FrameReceiverOptions<Owner>) {
    this.stream = stream
    this.#polled = new PolledStream(stream)
    this.#reader = new FrameReader({ startsWithHeader })
    this.#memory = readBudget === undefined ? undefined : new FrameMemory(this.#reader, readBudget.share())
    this.#stalled = stalled
  }

  protected abstract get owner(): Owner

  /**
   * Returns the next frame; `undefined` at the clean end.
   *
   * @throws TransportError if the stream fails; RpcError if the bytes are not valid frames
   */
  async read(): Promise<Frame | undefined> {
    return this.next()
  }

  /**
   * Reads as `read` does, but returns a promise only if the frame has not arrived. One call may be pending at a time.
   *
   * @throws as `read` does
   */
  next(): Frame | undefined | Promise<Frame | undefined> {
    const frame = this.#advance()
    if (frame !== WAITING) return frame
    return new Promise((resolve, reject) => (this.#asked = { resolve, reject }))
  }

  onReadable(): void {
    const asked = this.#asked
    try {
      const frame = this.#advance()
      if (frame === WAITING) return
      this.#asked = undefined
      asked?.resolve(frame)
    } catch (error) {
      this.#asked = undefined
      asked?.reject(error)
    }
  }

  /**
   * Returns a frame that has arrived; `undefined` if there is no frame yet, which is not the end.
   *
   * @throws as `read` does
   */
  take(): Frame | undefined {
    const frame = this.#reader.next()
    if (frame !== undefined) this.#memory?.own(frame)
    return frame
  }

  /**
   * Reads more bytes. Returns true if some have arrived, and false at the clean end. Returns `undefined` if none have
   * arrived; `waiter` is then called when another attempt is worthwhile.
   *
   * @throws as `read` does
   */
  fill(waiter: ReadWaiter): boolean | undefined {
    const memory = this.#memory
    const room = memory?.reserve()
    if (room !== undefined) {
      void room.then(() => waiter.onReadable())
      return undefined
    }
    this.#endWait()
    this.#assertReadable()
    if (this.#isDraining) return false
    const taken = this.#takeBytes(waiter, memory?.readBytes)
    if (taken === undefined) {
      this.#wait(waiter)
      return undefined
    }
    if (taken === null) this.#reader.end()
    else if (typeof taken === 'number') this.#reader.advance(taken)
    else {
      this.#reader.waiting = this.stream.readableBytes
      this.#reader.push(taken)
    }
    memory?.hold()
    return taken !== null
  }

  /** Releases the memory of a frame that was returned and is no longer needed. */
  release(frame: Frame): void {
    this.#memory?.release(frame)
  }

  /** The limit that the last rejected frame exceeds, if that is why it was rejected. */
  get refusal(): FrameRefusal | undefined {
    return this.#reader.refusal
  }

  /** Whether bytes have arrived that were not returned. */
  get hasUnread(): boolean {
    return this.#reader.buffered > 0
  }

  /** Whether a reader waits for the next frame. Such a frame takes precedence over frames that are only read ahead. */
  set isAsked(isAsked: boolean) {
    if (this.#memory !== undefined) this.#memory.share.isAsked = isAsked
  }

  /** The bytes that may be read ahead of the reader. */
  get aheadBytes(): number {
    return this.#memory?.share.aheadBytes ?? Infinity
  }

  /**
   * The largest message in bytes, for frames that have not begun.
   *
   * @default the largest payload of a frame
   */
  get messageLimit(): number {
    return this.#reader.messageLimit
  }

  set messageLimit(bytes: number) {
    this.#reader.messageLimit = bytes
  }

  /** Abandons the receiving half. */
  stop(code: number): void {
    this.stream.stop(code)
  }

  /** Abandons the receiving half. Reads fail with `error`, a pending read included. */
  failToRead(error: RpcError): void {
    this.#readFailure ??= { error }
    if (this.#stalledPlace !== undefined) this.#stalled?.delete(this.#stalledPlace)
    this.#memory?.close()
    this.stream.stop(error.code)
  }

  /** Reads the bytes behind the last frame. For `StreamDrain`, after `dropFrames`. */
  readRest(waiter: ReadWaiter): Uint8Array | null | undefined {
    return this.#polled.read(waiter)
  }

  /** Releases the memory of all frames. */
  protected closeMemory(): void {
    this.#memory?.close()
  }

  /** Drops all frames, and ends a pending read as at the end of the stream. */
  protected dropFrames(): void {
    this.#isDraining = true
    this.#reader.clear()
    this.#memory?.close()
    this.#waiter?.onReadable()
  }

  #advance(): Frame | undefined | typeof WAITING {
    for (;;) {
      const frame = this.take()
      if (frame !== undefined) return frame
      const filled = this.fill(this)
      if (filled === undefined) return WAITING
      if (!filled) return undefined
    }
  }

  /**
   * Reads directly into the memory of the frame that has begun, if the stream supports that, and returns the number of
   * bytes.
   */
  #takeBytes(waiter: ReadWaiter, maxBytes: number | undefined): Uint8Array | number | null | undefined {
    if (this.stream.tryReadInto === undefined) return this.#polled.read(waiter, maxBytes)
    this.#reader.waiting = this.stream.readableBytes
    const room = this.#reader.room()
    if (room === undefined) return this.#polled.read(waiter, least(maxBytes, this.#reader.startBytes))
    const into = room.subarray(0, maxBytes)
    const count = this.stream.tryReadInto(waiter, into)
    if (typeof count === 'number' && (!Number.isInteger(count) || count < 1 || count > into.length))
      throw countError(count, into.length)
    return count
  }

  #wait(waiter: ReadWaiter): void {
    this.#waiter = waiter
    if (this.#stalled === undefined || this.#reader.buffered === 0) return
    this.#isStalled = true
    this.#stalledPlace ??= new TimeoutPlace(this.owner)
    this.#stalled.add(this.#stalledPlace)
  }

  #endWait(): void {
    this.#waiter = undefined
    if (!this.#isStalled) return
    this.#isStalled = false
    if (this.#stalledPlace !== undefined) this.#stalled?.delete(this.#stalledPlace)
  }

  #assertReadable(): void {
    if (this.#readFailure !== undefined) throw this.#readFailure.error
  }
}

function countError(count: number, most: number): RpcError {
  return new RpcError(
    StatusCode.INTERNAL,
    `tryReadInto of the transport returned ${count}, which is not a number of bytes from 1 to ${most}`,
  )
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
