/** Faults that are injected into writes, for tests of the layers above. */
export interface Faults {
  /** Called for each write before its bytes arrive. Returns the fault to inject, or `undefined` to deliver the bytes. */
  onWrite?(chunk: Uint8Array, context: WriteContext): Fault | undefined
}

/** The write that `onWrite` decides about. */
export interface WriteContext {
  /** The id of the peer that writes. */
  readonly from: string
  /** The protocol of the connection. */
  readonly alpn: string
  /** The number of the stream among those that one side opened on the connection, from 0. */
  readonly stream: number
  /** Whether the side that opened the stream writes: in an RPC, the one that sends requests. */
  readonly byOpener: boolean
  /** The number of bytes that were written in this direction before. */
  readonly offset: number
}

/** The bytes that are delivered, and at most one of `reset`, `stop`, `finish`, `stall` and `drop`, which happens after them. */
export interface Fault {
  /** The bytes that arrive: cut, garbled or doubled. @default the chunk */
  readonly deliver?: Uint8Array | readonly Uint8Array[]
  /** Holds the bytes back until the promise settles. */
  readonly after?: Promise<unknown>
  /** Resets the sending half with this code: the reader sees a reset, and the next write fails. */
  readonly reset?: number
  /** Stops the receiving half with this code: the next write fails because the peer stopped reading. */
  readonly stop?: number
  /** Ends the direction cleanly; later writes are dropped. */
  readonly finish?: true
  /** Drops all later writes. The direction stays open, and the reader waits. */
  readonly stall?: true
  /** Loses the connection, for both sides. */
  readonly drop?: true
}
