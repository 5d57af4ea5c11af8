import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { LIMITS } from '../../limits.ts'

/** A frame up to this length needs no reservation. */
const SMALL_FRAME = 8_192
/** A frame above this length leaves a quarter of the budget to others. */
const LARGE_FRAME = 1_048_576
const LARGE_SHARE = 0.75
/** What frames may take while their handlers do not ask for them. */
const AHEAD_SHARE = 0.25
/** With more streams than this, reads are short: each of them may return as much as it asks for at the same moment. */
const FEW_STREAMS = 128
const SHORT_READ = 8_192
const LONG_READ = 65_536
/** What is read ahead of all handlers of a connection in small frames, in bytes. */
const AHEAD_BYTES = 8_388_608
/** Each stream may hold this part of what is left of that: there is always some left for a further one. */
const AHEAD_PART = 1 / 16
/** What a stream holds in the transport while it is not read, in bytes, at most: the window of a QUIC stream. */
const STREAM_WINDOW = 1_250_000
/** What streams that wait for room may hold in the transport, in bytes. */
const WAITING_BYTES = 67_108_864

/**
 * The memory for what one peer sends on all streams of a connection. A frame of more than 8 KiB reserves its announced length
 * as soon as that is known, and its stream is not read while there is no room for it. Frames that a handler waits for come in
 * the order in which they began; others take a quarter at most, so that the oldest frame that a handler waits for always has
 * its turn. Smaller frames and those read ahead have a room of their own.
 */
export class ReadBudget {
  /** Bytes that are reserved for frames, or held by them. */
  #reserved = 0
  /** Bytes of all else. */
  #loose = 0
  #waitingBytes = 0
  readonly #waiting = new Set<ReadShare>()

  #shares = 0

  share(): ReadShare {
    this.#shares++
    return new ReadShare(this)
  }

  /** Bytes held or reserved. */
  get used(): number {
    return this.#reserved + this.#loose
  }

  /** Bytes that a stream may read ahead of its handler now. */
  get aheadBytes(): number {
    return Math.max(0, AHEAD_BYTES - this.#loose) * AHEAD_PART
  }

  /** Returns how much a stream may read at a time that lacks `missing` bytes, for which it has room; `undefined` for any. */
  readBytes(missing: number): number | undefined {
    return this.#shares <= FEW_STREAMS ? undefined : Math.min(LONG_READ, Math.max(SHORT_READ, missing))
  }

  /** Called when a share is closed. */
  end(): void {
    this.#shares--
  }

  /** Counts bytes that need no reservation. */
  hold(bytes: number): void {
    this.#loose += bytes
  }

  /** @throws RpcError `RESOURCE_EXHAUSTED` if too much waits already */
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

  /** Gives bytes back that were reserved. */
  release(bytes: number): void {
    this.#reserved -= bytes
    if (bytes > 0) this.admit()
  }

  leave(share: ReadShare): void {
    if (!this.#waiting.delete(share)) return
    this.#waitingBytes -= Math.min(share.wanted, STREAM_WINDOW)
    this.admit()
  }

  /** Has those that wait and fit now go on, the oldest first. */
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

  /** Which frames would overtake others that are asked for. */
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

/** What one stream holds of a budget. */
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

  /** Whether somebody waits for the next frame. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  set isAsked(isAsked: boolean) {
    this.#isAsked = isAsked
    if (isAsked && this.#wait !== undefined) this.#budget.admit()
  }

  /** Bytes that may be read ahead now. */
  get aheadBytes(): number {
    return this.#budget.aheadBytes
  }

  /** Returns how much may be read at a time of a frame that lacks `missing` bytes, which are reserved. */
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
   * Reserves the bytes of a frame. Returns a promise if there is no room yet, which resolves when there is, and when the
   * share is closed.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if too much waits already
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

  /** Called when there is room for the frame that waits. */
  admitted(): void {
    this.#reserved += this.wanted
    this.#wait?.resolve()
    this.#wait = undefined
  }

  release(bytes: number): void {
    if (this.#isClosed) return
    this.#reserved -= bytes
    this.#budget.release(bytes)
  }

  /** Gives everything back. */
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

/** Returns whether a frame of this length reserves it. */
export function needsReservation(length: number): boolean {
  return length > SMALL_FRAME
}

function backlogError(length: number): RpcError {
  return new RpcError(
    StatusCode.RESOURCE_EXHAUSTED,
    `a frame of ${length} bytes found no room: the frames of this connection may take ${LIMITS.connectionReceivedBytes} bytes at a time, and too many wait`,
  )
}
