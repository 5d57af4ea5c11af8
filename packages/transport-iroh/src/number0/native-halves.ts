import type { NativeRecvStream, NativeSendStream } from './native.ts'

/**
 * Maps our halves of streams to the addon's. An addon's half keeps the sockets of its endpoint open, and so would every
 * stream that is held after `close()`, and every error whose stack leads to one. For this reason our halves do not hold the
 * addon's: one map for each transport does, and drops all of them at once. A half that is otherwise unreferenced is still
 * collected.
 */
export class NativeHalves {
  send: WeakMap<object, NativeSendStream> = new WeakMap()
  recv: WeakMap<object, NativeRecvStream> = new WeakMap()

  /** Drops all halves when the transport is closed. */
  clear(): void {
    this.send = new WeakMap()
    this.recv = new WeakMap()
  }
}
