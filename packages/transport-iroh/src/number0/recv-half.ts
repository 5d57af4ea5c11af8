import type { TransportError } from '@aster/rpc-core'
import { assertStreamCode, misuseError } from '@aster/rpc-core/protocol'
import type { NativeRecvStream } from './native.ts'
import { toBytes } from './number-array.ts'
import type { StreamContext } from './send-half.ts'

/** The addon allocates and zeroes the limit of every pending read: small while reads are small. */
const SMALL_READ = 4096
const LARGE_READ = 65_536

/**
 * The receiving half. One native read at a time.
 *
 * A pending native read holds the half's lock and cannot be called off. `stop` settles the read here at once; the peer
 * gets STOP_SENDING when the pending native read ends: with the next bytes that it sends (which are dropped), its end,
 * its reset, or the loss of the connection. A peer that waits learns of a cancelled call through the reset of the other
 * half, if that is not finished.
 */
export class RecvHalf {
  readonly #connection: StreamContext
  #limit = SMALL_READ
  #reading: ((value: undefined) => void) | undefined
  /** The peer's clean end, or ours. */
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
  /** Lets go of the addon's half, which is over. */
  #drop(): void {
    if (this.#connection.natives.recv.delete(this)) this.#connection.endHalf()
  }
}
