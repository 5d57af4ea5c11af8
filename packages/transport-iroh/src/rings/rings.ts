import { markAsUntransferable } from 'node:worker_threads'
import type { Addon, Net } from '@aster/iroh-native'
import { runGuarded, runNeutral, runSoon } from '@aster/rpc-core/protocol'
import { EventKind } from './kinds.ts'

/** Receives the events about one handle: an endpoint, a connection, a stream or an operation. */
export interface Owner {
  readonly handle: number
  /**
   * Handles an event. `a` and `b` are its numbers. For a `DATA` event, they are the offset and the length of the bytes in
   * `slab`, which the owner may keep.
   */
  onEvent(kind: number, a: number, b: number, slab: Uint8Array): void
  /**
   * Called when a slab is full. Copies those bytes of the slab that still wait for a reader, since a view would keep the
   * whole slab.
   */
  leaveSlab?(slab: ArrayBufferLike): void
}

/** Bytes of one slab, into which many reads are copied. */
const SLAB_BYTES = 262_144
/** Bytes of room below which a slab is replaced: a batch of small reads should fit. */
const LEAST_ROOM = 69_632
const EVENTS = 1_024
const META = 4
const SLOT_MASK = (1 << 20) - 1
const TURN = Promise.resolve()
/** Open streams up to which the first small write of a turn goes to the net thread at once. */
const FEW_STREAMS = 2
const SMALL_WRITE = 2_048
/**
 * Writes of a turn, and their bytes, from which on the net thread is told at once. It sends them while this thread goes on, so
 * that the two sides work at the same time instead of taking turns.
 */
const MANY_WRITES = 8
const MANY_BYTES = 16_384

/**
 * Returns a slab. Like the pool of `Buffer`, it cannot be transferred to another thread, since a reader would take the
 * bytes of others along.
 */
function newSlab(): Uint8Array {
  const slab = new Uint8Array(SLAB_BYTES)
  markAsUntransferable(slab.buffer)
  return slab
}

/** Drains the completion ring of the addon, and passes each event to the owner of its handle. */
export class Rings {
  readonly net: Net
  readonly #owners: (Owner | undefined)[] = []
  readonly #meta = new Float64Array(EVENTS * META)
  #slab = newSlab()
  #used = 0
  /** Open streams of all connections. */
  streams = 0
  /** Whether operations are queued about which the net thread has not been told. */
  #isUntold = false
  /** The queued writes, and their bytes. */
  #untoldWrites = 0
  #untoldBytes = 0
  #isFlushDue = false
  /** Whether a write was sent at once since the last events arrived. */
  #hasGoneAtOnce = false
  #turn = 0
  #isTurnTaken = false
  /** Keeps the process alive while an operation of the user is pending. The addon's own wake-up does not. */
  #alive: ReturnType<typeof setInterval> | undefined
  #holds = 0
  readonly #onFault: (error: unknown) => void

  /** @param onFault called if an owner throws, which is a bug */
  constructor({ Net }: Addon, onFault: (error: unknown) => void) {
    this.#onFault = onFault
    this.net = runNeutral(() => new Net(() => this.#drain()))
  }

  add(owner: Owner): void {
    this.#owners[owner.handle & SLOT_MASK] = owner
  }

  /** Releases a handle. No event about it is delivered any more. */
  release(owner: Owner): void {
    const slot = owner.handle & SLOT_MASK
    if (this.#owners[slot] !== owner) return
    this.#owners[slot] = undefined
    this.enqueue().release(owner.handle)
  }

  /**
   * Returns the addon for an operation of a stream. The operations of a turn of the event loop go to its thread together,
   * since waking a thread costs more than enqueuing an operation.
   */
  enqueue(): Net {
    this.#isUntold = true
    if (!this.#isFlushDue) {
      this.#isFlushDue = true
      runSoon(this.#flushDue)
    }
    return this.net
  }

  /** Returns the addon for an operation that has no effect until another one of the same stream follows. */
  enqueueFirst(): Net {
    this.#isUntold = true
    return this.net
  }

  /**
   * Submits a write. If few streams are open, a small write goes to the net thread at once, which sends it while this
   * thread finishes its turn. Further writes of the turn go in batches, as do all writes if many streams are open.
   */
  write(handle: number, bytes: Uint8Array, finish: boolean): void {
    this.#untoldBytes += bytes.length
    this.#untoldWrites += 1
    const isFirst = !this.#hasGoneAtOnce && this.streams <= FEW_STREAMS && bytes.length <= SMALL_WRITE
    if (isFirst || this.#untoldBytes >= MANY_BYTES || this.#untoldWrites >= MANY_WRITES) {
      this.#hasGoneAtOnce = true
      this.net.write(handle, bytes, finish)
      this.#flush()
    } else this.enqueue().write(handle, bytes, finish)
  }

  readonly #flushDue = (): void => {
    this.#isFlushDue = false
    if (this.#isUntold) this.#flush()
  }

  #flush(): void {
    this.#isUntold = false
    this.#untoldBytes = this.#untoldWrites = 0
    this.net.flush()
  }

  /** The number of the current turn of the microtask queue. Counts only turns that were taken with `takeTurn`. */
  get turn(): number {
    return this.#turn
  }

  /** Returns the number of the current turn. The turn ends before any code continues that awaits a promise from now on. */
  takeTurn(): number {
    if (!this.#isTurnTaken) {
      this.#isTurnTaken = true
      void TURN.then(this.#endTurn)
    }
    return this.#turn
  }

  readonly #endTurn = (): void => {
    this.#isTurnTaken = false
    this.#turn += 1
  }

  /** Keeps the process alive until the returned function is called. */
  hold(): () => void {
    this.#holds += 1
    this.#alive ??= runNeutral(() => setInterval(() => {}, 2 ** 31 - 1))
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holds -= 1
      if (this.#holds > 0) return
      clearInterval(this.#alive)
      this.#alive = undefined
    }
  }

  #drain(): void {
    this.#hasGoneAtOnce = false
    for (;;) {
      if (SLAB_BYTES - this.#used < LEAST_ROOM) {
        // Readers may hold views of the old slab for as long as they like.
        const { buffer } = this.#slab
        this.#slab = newSlab()
        this.#used = 0
        for (const owner of this.#owners) owner?.leaveSlab?.(buffer)
      }
      const slab = this.#used === 0 ? this.#slab : this.#slab.subarray(this.#used)
      const count = this.net.drain(slab, this.#meta)
      this.#dispatch(count, slab)
      if (count < EVENTS) return
    }
  }

  #dispatch(count: number, slab: Uint8Array): void {
    const meta = this.#meta
    // Counted before any owner runs, since one of them might throw.
    let used = 0
    for (let i = 0; i < count * META; i += META)
      if (meta[i] === EventKind.DATA) used = (meta[i + 2] ?? 0) + (meta[i + 3] ?? 0)
    this.#used += used
    for (let i = 0; i < count * META; i += META) {
      const handle = meta[i + 1] ?? 0
      const owner = this.#owners[handle & SLOT_MASK]
      if (owner === undefined || owner.handle !== handle) {
        // The handle was released in the meantime. A new handle that the event would pass to its owner is released as well.
        if (meta[i] === EventKind.STREAM || meta[i] === EventKind.ACCEPTED) this.enqueue().release(meta[i + 2] ?? 0)
        continue
      }
      try {
        owner.onEvent(meta[i] ?? 0, meta[i + 2] ?? 0, meta[i + 3] ?? 0, slab)
      } catch (error) {
        runGuarded(
          () => this.#onFault(error),
          () => {},
        )
      }
    }
  }
}
