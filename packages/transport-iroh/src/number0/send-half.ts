import { TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError } from '@aster/rpc-core/protocol'
import { conversionTurns } from './conversion-turns.ts'
import type { FinishChecks } from './finish-checks.ts'
import type { NativeSendStream } from './native.ts'
import type { NativeHalves } from './native-halves.ts'
import { toArray } from './number-array.ts'

/** Larger writes go out in pieces: the peer converts one while this side converts the next, and the loop stalls 2 ms at most. */
const CHUNK_BYTES = 65_536

/** Whether anybody waits for bytes, and whether they come. */
export interface ReadCounter {
  pending: number
  /** Counts up with every read that gave something. */
  activity: number
}

/** What streams need of their connection. */
export interface StreamContext {
  /** What an error of the addon means. */
  errorOf(error: unknown): TransportError
  /** How the connection has ended, once the transport is closed. */
  endError(): TransportError
  readonly natives: NativeHalves
  readonly finishes: FinishChecks
  readonly reads: ReadCounter
  /** Called when a half of a stream that the peer opened has ended here; does nothing for the streams of this side. */
  readonly endHalf: () => void
}

/**
 * The sending half. One native call at a time: the addon reorders concurrent ones, and a finish that overtakes a write
 * loses its bytes.
 *
 * A native write that waits for flow control holds the half's lock, so a reset during it settles the promise here at
 * once, and reaches the peer when that reads on, stops, or is gone.
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
      this.#send(native, bytes).then(
        () => {
          this.#writing = undefined
          if (this.#failure !== undefined) return
          // The bytes are taken: the caller need not wait for the thread hop of the finish as well.
          if (finish) this.#finish(this.#connection.finishes.due()).catch(() => {})
          resolve()
        },
        (error: unknown) => {
          this.#writing = undefined
          reject(this.#fail(error))
        },
      )
    })
  }

  /** @throws TransportError if the transport is closed */
  #native(): NativeSendStream {
    const native = this.#connection.natives.send.get(this)
    if (native === undefined) throw this.#connection.endError()
    return native
  }

  async #send(native: NativeSendStream, bytes: Uint8Array): Promise<void> {
    if (bytes.length <= CHUNK_BYTES) {
      const turn = conversionTurns.wait(bytes.length)
      if (turn !== undefined) await turn
      if (bytes.length > 0 && this.#failure === undefined) await native.writeAll(toArray(bytes))
      return
    }
    for (let at = 0; at < bytes.length && this.#failure === undefined; at += CHUNK_BYTES) {
      const turn = conversionTurns.wait(Math.min(CHUNK_BYTES, bytes.length - at))
      if (turn !== undefined) await turn
      if (this.#failure !== undefined) return
      await native.writeAll(toArray(bytes, at, Math.min(at + CHUNK_BYTES, bytes.length)))
    }
  }

  async finish(): Promise<void> {
    if (this.#finished || this.#failure !== undefined) return
    if (this.#writing !== undefined) throw misuseError('a write is under way; wait for it before finish')
    // Not among what the addon may fail with.
    this.#native()
    try {
      // It may come long after the last write that a stop would have shown in.
      await this.#finish(true)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  async #finish(check: boolean): Promise<void> {
    const native = this.#native()
    this.#finished = true
    this.#connection.finishes.lastAt = performance.now()
    await native.finish()
    if (this.#connection.natives.send.delete(this)) this.#connection.endHalf()
    if (check) void this.#resetIfStopped(native)
  }

  /**
   * Only behind the finish: `stopped()` holds the half's lock until the peer has everything, and would keep out a finish
   * that it overtakes. Never rejects.
   */
  async #resetIfStopped(native: NativeSendStream): Promise<void> {
    try {
      if ((await native.stopped()) === null) return
      this.#connection.finishes.stopMet()
      await native.reset(0n)
    } catch {
      // The connection is gone.
    }
  }

  reset(code: number): void {
    assertStreamCode(code)
    if (this.#finished || this.#failure !== undefined) return
    this.#failure = () => new TransportError('reset', `the sending half was reset here with code ${code}`, { code })
    this.#drop(BigInt(code))
    this.#writing?.(this.#failure())
  }

  /** The first failure is what every later write gives. */
  #fail(reason: unknown): TransportError {
    if (this.#failure !== undefined) return this.#failure()
    const failure = this.#connection.errorOf(reason)
    const { kind, message, code } = failure
    this.#failure = () => new TransportError(kind, message, { code, cause: failure.cause })
    if (kind === 'stopped') {
      // The stream keeps its place until what was stopped is reset.
      this.#connection.finishes.stopMet()
      this.#drop(0n)
    } else this.#drop()
    return failure
  }

  /** Lets go of the addon's half, which is over. @param code resets it first */
  #drop(code?: bigint): void {
    const { send } = this.#connection.natives
    const native = send.get(this)
    if (send.delete(this)) this.#connection.endHalf()
    if (code !== undefined) native?.reset(code).catch(() => {})
  }
}
