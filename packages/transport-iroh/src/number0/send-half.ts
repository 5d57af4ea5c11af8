import { TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError } from '@aster/rpc-core/protocol'
import { conversionTurns, SMALL_BYTES } from './conversion-turns.ts'
import type { FinishChecks } from './finish-checks.ts'
import type { NativeSendStream } from './native.ts'
import type { NativeHalves } from './native-halves.ts'
import { toArray } from './number-array.ts'

/**
 * Larger writes are sent in pieces of at most this many bytes, so that the peer converts one piece while this side converts
 * the next. V8 keeps longer arrays in its space for large objects, which costs more.
 */
const PIECE_BYTES = 16_000

/** Counts waiting reads and arriving bytes, by which `Liveness` judges the peer. */
export interface ReadCounter {
  pending: number
  /** Incremented by every read that returned bytes. */
  activity: number
}

/** The part of a connection that its streams need. */
export interface StreamContext {
  /** Translates an error of the addon. */
  errorOf(error: unknown): TransportError
  /** Returns the error with which the connection ended. Called once the transport is closed. */
  endError(): TransportError
  readonly natives: NativeHalves
  readonly finishes: FinishChecks
  readonly reads: ReadCounter
  /** Called when a half of a stream that the peer opened has ended here. Does nothing for streams that this side opened. */
  readonly endHalf: () => void
}

/**
 * The sending half of a stream. Runs one native call at a time, since the addon reorders concurrent calls, and a finish
 * that overtakes a write loses its bytes.
 *
 * A native write that waits for flow control holds the lock of the half. A reset during such a write settles the promise
 * here at once, and reaches the peer when the peer reads on, stops the half, or is gone.
 */
export class SendHalf {
  readonly #connection: StreamContext
  #writing: ((error: TransportError) => void) | undefined
  #finished = false
  #failure: (() => TransportError) | undefined

  constructor(native: NativeSendStream, connection: StreamContext) {
    this.#connection = connection
    connection.natives.send.set(this, native)
  }

  write(bytes: Uint8Array, finish: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure()
      if (this.#writing !== undefined) throw misuseError('a write is under way; wait for it before the next one')
      if (this.#finished) throw misuseError('the sending half is finished')
      const native = this.#native()
      this.#writing = reject
      const isShort = bytes.length > 0 && bytes.length <= SMALL_BYTES
      const sent = isShort ? native.writeAll(toArray(bytes)) : this.#sendPieces(native, bytes)
      sent.then(
        () => {
          this.#writing = undefined
          if (this.#failure !== undefined) return
          // The bytes are taken. The caller need not wait until the addon's thread has run the finish as well.
          if (finish) this.#finish(false).catch(() => {})
          resolve()
        },
        (error: unknown) => {
          this.#writing = undefined
          reject(this.#fail(error))
        },
      )
    })
  }

  /**
   * Returns the addon's half.
   *
   * @throws TransportError if the transport is closed
   */
  #native(): NativeSendStream {
    const native = this.#connection.natives.send.get(this)
    if (native === undefined) throw this.#connection.endError()
    return native
  }

  /** Writes bytes in pieces of about the same length. */
  async #sendPieces(native: NativeSendStream, bytes: Uint8Array): Promise<void> {
    const size = Math.ceil(bytes.length / Math.ceil(bytes.length / PIECE_BYTES))
    for (let at = 0; at < bytes.length; at += size) {
      const end = Math.min(at + size, bytes.length)
      const turn = conversionTurns.wait(end - at)
      if (turn !== undefined) await turn
      if (this.#failure !== undefined) return
      await native.writeAll(toArray(bytes, at, end))
    }
  }

  async finish(): Promise<void> {
    if (this.#finished || this.#failure !== undefined) return
    if (this.#writing !== undefined) throw misuseError('a write is under way; wait for it before finish')
    // Outside the `try`, since this error is not one of the addon's.
    this.#native()
    try {
      // The finish may follow long after the last write in which a stop would have been noticed.
      await this.#finish(true)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  /** @param check whether to check at once that the finish had an effect */
  async #finish(check: boolean): Promise<void> {
    const native = this.#native()
    const { finishes, natives } = this.#connection
    this.#finished = true
    finishes.lastAt = performance.now()
    await native.finish()
    if (natives.send.delete(this)) this.#connection.endHalf()
    finishes.add(native, check)
  }

  reset(code: number): void {
    assertStreamCode(code)
    if (this.#finished || this.#failure !== undefined) return
    this.#failure = () => new TransportError('reset', `the sending half was reset here with code ${code}`, { code })
    this.#drop(BigInt(code))
    this.#writing?.(this.#failure())
  }

  /** Records the first failure, with which every later write rejects. */
  #fail(reason: unknown): TransportError {
    if (this.#failure !== undefined) return this.#failure()
    const failure = this.#connection.errorOf(reason)
    const { kind, message, code } = failure
    this.#failure = () => new TransportError(kind, message, { code, cause: failure.cause })
    if (kind === 'stopped') {
      // The stream keeps its place until the stopped half is reset.
      this.#connection.finishes.stopMet()
      this.#drop(0n)
    } else this.#drop()
    return failure
  }

  /**
   * Drops the addon's half, which has ended.
   *
   * @param code the code with which the half is reset first; without a code, the half is not reset
   */
  #drop(code?: bigint): void {
    const { send } = this.#connection.natives
    const native = send.get(this)
    if (send.delete(this)) this.#connection.endHalf()
    if (code !== undefined) native?.reset(code).catch(() => {})
  }
}
