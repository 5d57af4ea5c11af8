import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { LIMITS } from '../../limits.ts'

/** The largest frame that needs no reservation, in bytes. */
const SMALL_FRAME = 8_192
/** The largest frame that may use the whole budget, in bytes. A larger frame leaves a quarter of the budget to others. */
const LARGE_FRAME = 1_048_576
const LARGE_SHARE = 0.75
/** The share of the budget for frames that no handler waits for. */
const AHEAD_SHARE = 0.25
/**
 * With more streams than this, each read is short: all streams may return as many bytes as they ask for at the same moment.
 */
const FEW_STREAMS = 128
const SHORT_READ = 8_192
const LONG_READ = 65_536
/** The most bytes of small frames that are read ahead of all handlers of a connection. */
const AHEAD_BYTES = 8_388_608
/**
 * The share of the remaining `AHEAD_BYTES` that one stream may hold, so that some bytes always remain for another stream.
 */
const AHEAD_PART = 1 / 16
/** The most bytes that an unread stream holds in the transport: the window of a QUIC stream. */
const STREAM_WINDOW = 1_250_000
/** The most bytes that waiting streams may hold in the transport. */
const WAITING_BYTES = 67_108_864

/**
 * The memory for the frames that one peer sends on all streams of a connection. A frame of more than 8 KiB reserves its
 * announced length as soon as the length is known, and its stream is not read until there is room. Frames that a handler
 * waits for are admitted in the order in which they began. Other frames may take at most a quarter of the budget, so that
 * the oldest frame that a handler waits for is always admitted. Smaller frames and frames that are read ahead have a
 * separate budget.
 */
export class ReadBudget {
  /** Bytes that frames have reserved or hold. */
  #reserved = 0
  /** All other bytes. */
  #loose = 0
  #waitingBytes = 0
  readonly #waiting = new Set<ReadShare>()

  #shares = 0

  /** Returns the share of a new stream. */
  share(): ReadShare {
    this.#shares++
    return new ReadShare(this)
  }

  /** The bytes that are held or reserved. */
  get used(): number {
    return this.#reserved + this.#loose
  }

  /** The bytes that a stream may read ahead of its handler now. */
  get aheadBytes(): number {
    return Math.max(0, AHEAD_BYTES - this.#loose) * AHEAD_PART
  }

  /**
   * Returns how many bytes a stream may read at a time if its frame lacks `missing` bytes, for which room is reserved;
   * `undefined` for no limit.
   */
  readBytes(missing: number): number | undefined {
    return this.#shares <= FEW_STREAMS ? undefined : Math.min(LONG_READ, Math.max(SHORT_READ, missing))
  }

  /** Called when a share is closed. */
  end(): void {
    this.#shares--
  }

  /** Adds bytes that need no reservation. */
  hold(bytes: number): void {
    this.#loose += bytes
  }

  /**
   * Reserves the frame of a share. Returns false if it must wait.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if too many bytes wait already
   */
  reserve(share: ReadShare): boolean {
    if (!this.#waiting.has(share)) {
      const window = Math.min(share.wanted, STREAM_WINDOW)
      if (!this.#fits(share, this.#blocked())) {
        if (this.#waitingBytes + window > WAITING_BYTES) throw backlogError(share.wanted)
        this.#waitingBytes += window
        this.#waiting.add(share)
        return false
      }
      this.#reserved += share.wanted
      return true
    }
    return false
  }

  /** Releases reserved bytes. */
  release(bytes: number): void {
    this.#reserved -= bytes
    if (bytes > 0) this.admit()
  }

  /** Removes a share from those that wait. */
  leave(share: ReadShare): void {
    if (!this.#waiting.delete(share)) return
    this.#waitingBytes -= Math.min(share.wanted, STREAM_WINDOW)
    this.admit()
  }

  /** Admits the waiting shares that fit now, the oldest first. */
  admit(): void {
    const blocked = { large: false, medium: false }
    for (const share of this.#waiting) {
      if (this.#fits(share, blocked)) {
        this.#waiting.delete(share)
        this.#waitingBytes -= Math.min(share.wanted, STREAM_WINDOW)
        this.#reserved += share.wanted
        share.admitted()
      } else if (share.isAsked) blocked[share.wanted > LARGE_FRAME ? 'large' : 'medium'] = true
    }
  }

  /** Returns which kinds of frames would overtake a frame that a handler waits for. */
  #blocked(): { large: boolean; medium: boolean } {
    const blocked = { large: false, medium: false }
    for (const { isAsked, wanted } of this.#waiting)
      if (isAsked) blocked[wanted > LARGE_FRAME ? 'large' : 'medium'] = true
    return blocked
  }

  #fits({ wanted, isAsked }: ReadShare, blocked: { large: boolean; medium: boolean }): boolean {
    const isLarge = wanted > LARGE_FRAME
    if (blocked[isLarge ? 'large' : 'medium']) return false
    const part = !isAsked ? AHEAD_SHARE : isLarge ? LARGE_SHARE : 1
    return this.#reserved + wanted <= LIMITS.connectionReceivedBytes * part
  }
}

/** The share of one stream in a budget. */
export class ReadShare {
  readonly #budget: ReadBudget
  #loose = 0
  #reserved = 0
  #isClosed = false
  #wait: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  #isAsked = false
  /** The length of the frame that waits for room. */
  wanted = 0

  constructor(budget: ReadBudget) {
    this.#budget = budget
  }

  /** Whether a reader waits for the next frame. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  set isAsked(isAsked: boolean) {
    this.#isAsked = isAsked
    if (isAsked && this.#wait !== undefined) this.#budget.admit()
  }

  /** The bytes that may be read ahead now. */
  get aheadBytes(): number {
    return this.#budget.aheadBytes
  }

  /**
   * Returns how many bytes may be read at a time if the frame lacks `missing` bytes, for which room is reserved;
   * `undefined` for no limit.
   */
  readBytes(missing: number): number | undefined {
    return this.#budget.readBytes(missing)
  }

  /** Sets how many bytes are held without a reservation. */
  hold(bytes: number): void {
    if (this.#isClosed || bytes === this.#loose) return
    this.#budget.hold(bytes - this.#loose)
    this.#loose = bytes
  }

  /**
   * Reserves the bytes of a frame. Returns a promise if there is no room yet, which resolves when there is room or the
   * share is closed.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if too many bytes wait already
   */
  reserve(bytes: number): Promise<void> | undefined {
    if (this.#isClosed) return undefined
    if (this.#wait !== undefined) return this.#wait.promise
    this.wanted = bytes
    if (this.#budget.reserve(this)) {
      this.#reserved += bytes
      return undefined
    }
    let resolve = (): void => {}
    const promise = new Promise<void>((done) => (resolve = done))
    this.#wait = { promise, resolve }
    return promise
  }

  /** Called when there is room for the waiting frame. */
  admitted(): void {
    this.#reserved += this.wanted
    this.#wait?.resolve()
    this.#wait = undefined
  }

  /** Releases reserved bytes. */
  release(bytes: number): void {
    if (this.#isClosed) return
    this.#reserved -= bytes
    this.#budget.release(bytes)
  }

  /** Releases everything. */
  close(): void {
    if (this.#isClosed) return
    this.hold(0)
    this.#isClosed = true
    this.#budget.end()
    this.#budget.leave(this)
    this.#budget.release(this.#reserved)
    this.#reserved = 0
    this.#wait?.resolve()
    this.#wait = undefined
  }
}

/** Returns whether a frame of this length needs a reservation. */
export function needsReservation(length: number): boolean {
  return length > SMALL_FRAME
}

function backlogError(length: number): RpcError {
  return new RpcError(
    StatusCode.RESOURCE_EXHAUSTED,
    `a frame of ${length} bytes found no room: the frames of this connection may take ${LIMITS.connectionReceivedBytes} bytes at a time, and too many wait`,
  )
}
