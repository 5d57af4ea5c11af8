import { FRAME_OVERHEAD, type Frame } from './frame.ts'
import type { FrameReader } from './frame-reader.ts'
import { needsReservation, type ReadShare } from './read-budget.ts'

/** The memory that the frames of one stream take from the budget of its connection, until they are released. */
export class FrameMemory {
  readonly #reader: FrameReader
  readonly share: ReadShare
  /** The reserved bytes of the frame that has begun. */
  #reserved = 0
  /** The bytes of frames that were taken and not released, without those that are reserved. */
  #unreleased = 0
  /**
   * The frames that were taken with a reservation and not released, and the bytes of each. Streams have few of them. A `Map`
   * of so few entries, to which one is added and from which one is deleted for each message, allocates with each deletion.
   */
  readonly #reservedFrames: Frame[] = []
  readonly #reservations: number[] = []

  constructor(reader: FrameReader, share: ReadShare) {
    this.#reader = reader
    this.share = share
  }

  /** Counts the bytes that have arrived. */
  hold(): void {
    const arrived = this.#reserved > 0 ? this.#reader.unassigned : this.#reader.buffered
    this.share.hold(arrived + this.#unreleased)
  }

  /** Counts a frame that is taken. */
  own(frame: Frame): void {
    if (this.#reserved === 0) {
      this.#unreleased += FRAME_OVERHEAD + frame.payload.length
      return
    }
    this.#reservedFrames.push(frame)
    this.#reservations.push(this.#reserved)
    this.#reserved = 0
  }

  /** Releases the memory of a frame that was taken. */
  release(frame: Frame): void {
    const at = this.#reservedFrames.indexOf(frame)
    if (at < 0) {
      this.#unreleased -= FRAME_OVERHEAD + frame.payload.length
      this.hold()
    } else {
      const [reserved = 0] = this.#reservations.splice(at, 1)
      this.#reservedFrames.splice(at, 1)
      this.share.release(reserved)
    }
  }

  /** Reserves the memory of the frame that has begun. Returns a promise if there is no room yet. */
  reserve(): Promise<void> | undefined {
    const { begun } = this.#reader
    if (this.#reserved > 0 || !needsReservation(begun)) return undefined
    const reserved = (): void => {
      this.#reserved = begun
      this.hold()
    }
    let room: Promise<void> | undefined
    try {
      room = this.share.reserve(begun)
    } catch (error) {
      this.#reader.refusal = 'buffer'
      throw error
    }
    if (room !== undefined) return room.then(reserved)
    reserved()
    return undefined
  }

  /** The most bytes to read at a time; `undefined` for no limit. */
  get readBytes(): number | undefined {
    return this.share.readBytes(this.#reserved > 0 ? this.#reader.missing : 0)
  }

  /** Releases everything. */
  close(): void {
    this.share.close()
    this.#reservedFrames.length = 0
    this.#reservations.length = 0
  }
}
