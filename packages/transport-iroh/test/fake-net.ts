import type { Addon } from '@aster/iroh-native'
import { EventKind } from '../src/rings/kinds.ts'

/** `batch`: the most events that one call of `drain` returns. */
interface FakeOptions {
  readonly batch?: number
}

type Event = readonly [kind: number, handle: number, a: number, b: number]

/** The addon without a network: a test decides which events occur, and sees which operations were submitted. */
export class FakeNet {
  readonly calls: (readonly [name: string, ...args: unknown[]])[] = []
  readonly released: number[] = []
  readonly written = new Map<number, Uint8Array[]>()
  readonly #events: (Event | { readonly handle: number; readonly bytes: Uint8Array })[] = []
  readonly #unread = new Map<number, Uint8Array[]>()
  readonly #batch: number
  #onReady = (): void => {}
  #handles = 0

  constructor({ batch = Infinity }: FakeOptions = {}) {
    this.#batch = batch
  }

  /** The module of the addon, with this fake as its `Net`. */
  get addon(): Addon {
    const construct = (onReady: () => void): object => {
      this.#onReady = onReady
      return this
    }
    function FakeConstructor(onReady: () => void): object {
      return construct(onReady)
    }
    return { Net: FakeConstructor } as unknown as Addon
  }

  /** Returns a new handle, with a generation. */
  handle(): number {
    this.#handles += 1
    return (1 << 20) | this.#handles
  }

  event(kind: number, handle: number, a = 0, b = 0): void {
    this.#events.push([kind, handle, a, b])
  }

  /** Delivers bytes of a peer: small pieces arrive with the event, larger ones have to be taken. */
  data(handle: number, bytes: Uint8Array): void {
    this.#events.push({ handle, bytes })
  }

  /** Wakes JavaScript. */
  wake(): void {
    this.#onReady()
  }

  drain(slab: Uint8Array, meta: Float64Array): number {
    let [count, used] = [0, 0]
    while ((count + 1) * 4 <= meta.length && count < this.#batch) {
      const event = this.#events.shift()
      if (event === undefined) break
      if (Array.isArray(event)) meta.set(event as Event, count * 4)
      else {
        const { handle, bytes } = event as { handle: number; bytes: Uint8Array }
        const unread = this.#unread.get(handle)
        if (unread === undefined && bytes.length <= 4096 && used + bytes.length <= slab.length) {
          slab.set(bytes, used)
          meta.set([EventKind.DATA, handle, used, bytes.length], count * 4)
          used += bytes.length
        } else {
          this.#unread.set(handle, [...(unread ?? []), bytes])
          meta.set([EventKind.READABLE, handle, bytes.length, 0], count * 4)
        }
      }
      count += 1
    }
    return count
  }

  take(handle: number, into: Uint8Array): number {
    const pieces = this.#unread.get(handle) ?? []
    let copied = 0
    while (copied < into.length && pieces.length > 0) {
      const piece = pieces.shift() as Uint8Array
      const part = piece.subarray(0, into.length - copied)
      into.set(part, copied)
      copied += part.length
      if (part.length < piece.length) pieces.unshift(piece.subarray(part.length))
    }
    if (pieces.length === 0) this.#unread.delete(handle)
    return copied
  }

  write(handle: number, bytes: Uint8Array, finish: boolean): void {
    this.calls.push(['write', handle, bytes.length, finish])
    this.written.set(handle, [...(this.written.get(handle) ?? []), bytes.slice()])
  }

  release(handle: number): void {
    this.released.push(handle)
    this.#unread.delete(handle)
  }

  finish = this.#note('finish')
  reset = this.#note('reset')
  stop = this.#note('stop')
  want = this.#note('want')
  close = this.#note('close')
  cancel = this.#note('cancel')
  flush = this.#note('flush')
  closeEndpoint = this.#note('closeEndpoint')

  open(): number {
    return this.handle()
  }

  bind(): number {
    return this.handle()
  }

  dial(): number {
    return this.handle()
  }

  connectionInfo(): { remoteId: string; alpn: string } {
    return { remoteId: 'a'.repeat(64), alpn: 'test' }
  }

  failure(): null {
    return null
  }

  paths(): [] {
    return []
  }

  #note(name: string) {
    return (...args: unknown[]): void => void this.calls.push([name, ...args])
  }
}
