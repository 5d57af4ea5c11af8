import type { TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError } from '@aster/rpc-core/protocol'
import type { NativeRecvStream } from './native.ts'
import { toBytes } from './number-array.ts'
import type { StreamContext } from './send-half.ts'

/** Bytes of a read while reads are small: the addon allocates and zeroes the whole limit of every pending read. */
const SMALL_READ = 4096
/** Bytes of a read while much arrives. The peer converts the next bytes to an array while this side converts these. */
const LARGE_READ = 16_000

/**
 * The receiving half of a stream. Runs one native read at a time.
 *
 * A pending native read holds the lock of the half and cannot be cancelled. `stop` settles the read here at once, but the
 * peer receives STOP_SENDING only when the native read ends: with the next bytes of the peer (which are dropped), its end,
 * its reset, or the loss of the connection. If the peer is waiting, it learns of a cancelled call through the reset of the
 * other half, unless that half is finished.
 */
export class RecvHalf {
  readonly #connection: StreamContext
  #limit = SMALL_READ
  #reading: ((value: undefined) => void) | undefined
  /** Whether the peer has finished cleanly, or this side has stopped the half. */
  #over = false
  #failure: TransportError | undefined

  constructor(native: NativeRecvStream, connection: StreamContext) {
    this.#connection = connection
    connection.natives.recv.set(this, native)
  }

  read(maxBytes = LARGE_READ): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#over) return resolve(undefined)
      if (this.#reading !== undefined) throw misuseError('a read is under way; wait for it before the next one')
      // After a reset the addon would report a clean end.
      if (this.#failure !== undefined) throw this.#failure
      const { reads, natives } = this.#connection
      const native = natives.recv.get(this)
      if (native === undefined) throw this.#connection.endError()
      reads.pending += 1
      this.#reading = (value) => {
        reads.pending -= 1
        resolve(value)
      }
      const limit = Math.min(this.#limit, maxBytes)
      native.read(limit).then(
        (numbers) => {
          this.#reading = undefined
          if (this.#over) return
          reads.pending -= 1
          reads.activity += 1
          if (numbers.length === 0) {
            this.#over = true
            this.#drop()
            return resolve(undefined)
          }
          this.#limit = numbers.length === limit ? LARGE_READ : numbers.length < SMALL_READ ? SMALL_READ : this.#limit
          resolve(toBytes(numbers))
        },
        (error: unknown) => {
          this.#reading = undefined
          if (this.#over) return
          reads.pending -= 1
          this.#drop()
          this.#failure = this.#connection.errorOf(error)
          reject(this.#failure)
        },
      )
    })
  }

  stop(code: number): void {
    assertStreamCode(code)
    if (this.#over || this.#failure !== undefined) return
    this.#over = true
    const { recv } = this.#connection.natives
    const native = recv.get(this)
    this.#drop()
    native?.stop(BigInt(code)).catch(() => {})
    this.#reading?.(undefined)
  }
  /** Drops the addon's half, which has ended. */
  #drop(): void {
    if (this.#connection.natives.recv.delete(this)) this.#connection.endHalf()
  }
}
