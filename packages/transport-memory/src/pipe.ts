import { type ReadWaiter, TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError, runNeutral, runSoon } from '@aster/rpc-core/protocol'
import { isBytes } from '@aster/rpc-core/schema'
import type { Fault } from './faults.ts'

/**
 * The most reads of a direction in one turn of the event loop. Bytes in memory arrive by promises alone, which run before timers.
 * Without this bound, two ends that never pause would keep the timer of a deadline from running.
 */
const READS_A_TURN = 64
/** The number of bytes after which a direction is read no more in the same turn of the event loop. */
const BYTES_A_TURN = 1_048_576

/** Options of a `Pipe`. */
export interface PipeOptions {
  readonly highWaterMark: number
  readonly chunkSize: (available: number) => number
  /** Decides about each write. */
  readonly fault: (chunk: Uint8Array, offset: number) => Fault | undefined
  /** Loses the connection. */
  readonly drop: () => void
}

/** The errors with which a direction that broke off fails at its two sides. */
export interface Failure {
  /** Returns the error of the writer. */
  readonly writer: () => TransportError
  /** Returns the error of the reader. */
  readonly reader: () => TransportError
}

/** One direction of a stream, with the bytes that are under way. */
export class Pipe {
  readonly #options: PipeOptions
  readonly #chunks: Uint8Array[] = []
  #buffered = 0
  #offset = 0
  /** The share of the reads and bytes of this turn that is used up; no read is allowed from 1 on. */
  #used = 0
  /** Whether the writer has finished. */
  #finished = false
  /** Whether all bytes have arrived, and the clean end after them. */
  #complete = false
  /** Whether the reader has seen the clean end. */
  #ended = false
  #stopped = false
  /** Whether the reader has been told of the failure. */
  #told = false
  /** Whether a fault drops all later writes. */
  #swallows = false
  #failure: Failure | undefined
  #writing = false
  #reading = false
  /** Wakes the writer that waits for room. */
  #onRoom: (() => void) | undefined
  /** Wakes the reader that waits for bytes. */
  #onArrival: (() => void) | undefined
  /** Wakes the reader that waits for the next turn. */
  #onTurn: (() => void) | undefined
  readonly #onWriterDone: () => void
  readonly #onReaderDone: () => void

  /**
   * @param onWriterDone runs when the writer is done with the direction; may run more than once
   * @param onReaderDone runs when the reader is done with the direction; may run more than once
   */
  constructor(options: PipeOptions, onWriterDone: () => void, onReaderDone: () => void) {
    this.#options = options
    this.#onWriterDone = onWriterDone
    this.#onReaderDone = onReaderDone
  }

  async write(bytes: Uint8Array, finish: boolean): Promise<void> {
    if (this.#writing) throw misuseError('a write is under way; wait for it before the next write or finish')
    if (this.#finished) throw misuseError('the sending half is finished')
    this.#writing = true
    try {
      if (bytes.length > 0) await this.#send(bytes)
      this.#throwIfFailed()
      if (finish) this.#finish()
    } finally {
      this.#writing = false
    }
  }

  async finish(): Promise<void> {
    if (this.#writing) throw misuseError('a write is under way; wait for it before finish')
    if (this.#failure === undefined) this.#finish()
    else this.#onWriterDone()
  }

  async #send(bytes: Uint8Array): Promise<void> {
    this.#throwIfFailed()
    if (this.#swallows) return
    const fault = this.#options.fault(bytes, this.#offset)
    this.#offset += bytes.length
    if (fault === undefined) {
      await this.#deliver(bytes)
      return
    }
    if (fault.after !== undefined) await this.#wait(fault.after)
    const pieces = fault.deliver ?? bytes
    for (const piece of isBytes(pieces) ? [pieces] : pieces) await this.#deliver(piece)
    if (fault.reset !== undefined) this.reset(fault.reset)
    if (fault.stop !== undefined) this.stop(fault.stop)
    if (fault.drop) this.#options.drop()
    if (fault.finish) this.#end()
    if (fault.finish || fault.stall) this.#swallows = true
  }

  /** Delivers a copy, since the bytes belong to the writer. */
  async #deliver(bytes: Uint8Array): Promise<void> {
    let at = 0
    while (at < bytes.length) {
      this.#throwIfFailed()
      const space = this.#options.highWaterMark - this.#buffered
      if (space <= 0) {
        await new Promise<void>((resolve) => (this.#onRoom = resolve))
        continue
      }
      const chunk = bytes.slice(at, at + space)
      at += chunk.length
      this.#chunks.push(chunk)
      this.#buffered += chunk.length
      this.#wakeReader()
    }
  }

  /** Waits for the delay of a fault, or for the failure of the direction. */
  async #wait(delay: Promise<unknown>): Promise<void> {
    const delayed = { over: false }
    const end = (): void => {
      delayed.over = true
      this.#wakeWriter()
    }
    delay.then(end, end)
    while (!delayed.over && this.#failure === undefined) await new Promise<void>((resolve) => (this.#onRoom = resolve))
  }

  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    if (!this.#swallows) this.#end()
    this.#onWriterDone()
  }

  #end(): void {
    this.#complete = true
    this.#wakeReader()
  }

  async read(maxBytes?: number): Promise<Uint8Array | undefined> {
    this.#assertUnread()
    this.#reading = true
    try {
      for (;;) {
        const bytes = this.#poll(maxBytes)
        if (bytes !== undefined) return bytes ?? undefined
        await new Promise<void>((resolve) => this.#whenReadable(resolve))
      }
    } finally {
      this.#reading = false
    }
  }

  tryRead(waiter: ReadWaiter, maxBytes?: number): Uint8Array | null | undefined {
    this.#assertUnread()
    const bytes = this.#poll(maxBytes)
    if (bytes === undefined) this.#whenReadable(() => runNeutral(() => waiter.onReadable()))
    return bytes
  }

  #assertUnread(): void {
    if (this.#reading) throw misuseError('a read is under way; wait for it before the next one')
  }

  /** Returns the bytes that have arrived, `null` at the end, and `undefined` if the reader has to wait. */
  #poll(maxBytes = Infinity): Uint8Array | null | undefined {
    if (this.#ended || this.#stopped) return null
    if (this.#failure !== undefined) {
      this.#told = true
      this.#onReaderDone()
      throw this.#failure.reader()
    }
    if (this.#buffered > 0) return this.#used < 1 ? this.#take(maxBytes) : undefined
    if (!this.#complete) return undefined
    this.#ended = true
    this.#onReaderDone()
    return null
  }

  /** Calls `wake` when a waiting reader can go on: when bytes arrive, or in the next turn if the reads of this turn are used up. */
  #whenReadable(wake: () => void): void {
    if (this.#buffered === 0) {
      this.#onArrival = wake
      return
    }
    if (this.#onTurn === undefined) runSoon(() => this.#beginTurn())
    this.#onTurn = wake
  }

  #beginTurn(): void {
    const wake = this.#onTurn
    this.#onTurn = undefined
    this.#used = 0
    wake?.()
  }

  /** Returns the bytes that are there, joined, up to the limit of one read. */
  #take(maxBytes: number): Uint8Array {
    const available = Math.min(this.#buffered, maxBytes)
    const size = Math.max(1, Math.min(available, Math.floor(this.#options.chunkSize(this.#buffered)) || 1))
    const bytes = new Uint8Array(size)
    let at = 0
    while (at < size) {
      const chunk = this.#chunks[0] as Uint8Array
      const part = chunk.subarray(0, size - at)
      bytes.set(part, at)
      at += part.length
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    this.#buffered -= size
    this.#used += 1 / READS_A_TURN + size / BYTES_A_TURN
    this.#wakeWriter()
    return bytes
  }

  /** Ends the direction on behalf of the writer. */
  reset(code: number): void {
    assertStreamCode(code)
    if (this.#finished) return
    const error = (): TransportError =>
      new TransportError('reset', `the sending half was reset with code ${code}`, { code })
    this.lose({ writer: error, reader: error })
    this.#onWriterDone()
  }

  /** Ends the direction on behalf of the reader, whose reads return `undefined` from now on. */
  stop(code: number): void {
    assertStreamCode(code)
    if (this.#ended || this.#told || this.#stopped) return
    this.#stopped = true
    const error = (): TransportError =>
      new TransportError('stopped', `the peer stopped reading with code ${code}`, { code })
    this.lose({ writer: error, reader: error })
    this.#onReaderDone()
  }

  /** Breaks the direction off, unless it has ended. */
  lose(failure: Failure): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#chunks.length = 0
    this.#buffered = 0
    const wake = this.#onArrival
    this.#onArrival = undefined
    // The reader itself may have called `stop` or `close`, and must not be called back before that call returns.
    if (wake !== undefined) queueMicrotask(wake)
    this.#wakeWriter()
  }

  #throwIfFailed(): void {
    if (this.#failure === undefined) return
    this.#onWriterDone()
    throw this.#failure.writer()
  }

  #wakeReader(): void {
    const wake = this.#onArrival
    this.#onArrival = undefined
    wake?.()
  }

  #wakeWriter(): void {
    this.#onRoom?.()
    this.#onRoom = undefined
  }
}
