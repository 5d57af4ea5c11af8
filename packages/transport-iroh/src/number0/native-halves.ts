import type { NativeRecvStream, NativeSendStream } from './native.ts'

/**
 * The addon's halves of streams, by ours. Each of them keeps the sockets of its endpoint, and so would every stream that is
 * held after `close()`, and every error whose stack leads to one. Hence ours do not hold theirs: this does, for a whole
 * transport, and lets go of all of them at once. A half that nothing else holds is collected all the same.
 */
export class NativeHalves {
  send: WeakMap<object, NativeSendStream> = new WeakMap()
  recv: WeakMap<object, NativeRecvStream> = new WeakMap()

  /** Lets go of them: the transport is closed. */
  clear(): void {
    this.send = new WeakMap()
    this.recv = new WeakMap()
  }
}
