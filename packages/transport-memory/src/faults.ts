/** Goes wrong on purpose, for tests of what lies above. */
export interface Faults {
  /** Called for each write before its bytes arrive. Gives what is to happen instead; nothing is the ordinary course. */
  onWrite?(chunk: Uint8Array, context: WriteContext): Fault | undefined
}

export interface WriteContext {
  /** The id of the side that writes. */
  readonly from: string
  readonly alpn: string
  /** Counts the streams that one side opens on a connection, from 0. */
  readonly stream: number
  /** Whether the side that opened the stream writes: requests, for an RPC. */
  readonly byOpener: boolean
  /** Bytes that were written to this direction before. */
  readonly offset: number
}

/** At most one of `reset`, `stop`, `finish`, `stall` and `drop`; it happens behind the bytes. */
export interface Fault {
  /** What arrives: cut, garbled, doubled. @default the chunk */
  readonly deliver?: Uint8Array | readonly Uint8Array[]
  /** The bytes arrive no sooner than this. */
  readonly after?: Promise<unknown>
  /** The sending half breaks off with this code: the reader sees a reset, the writer's next write fails. */
  readonly reset?: number
  /** The writer is told that the peer does not want the bytes, with this code. */
  readonly stop?: number
  /** The direction ends cleanly here; what the writer adds is swallowed. */
  readonly finish?: true
  /** Nothing more arrives, ever; what the writer adds is swallowed. */
  readonly stall?: true
  /** The connection is lost, for both sides. */
  readonly drop?: true
}
