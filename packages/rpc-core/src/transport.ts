import { AsterError, brandError } from './aster-error.ts'
import type { NodeAddr } from './node-addr.ts'
import { printableLines } from './values/describe.ts'

/** Carries byte streams between peers. `Address` is the type of address that the transport dials. */
export interface Transport<Address = NodeAddr> {
  /**
   * Connects to a peer. Callers must set their own time limit through `signal`.
   *
   * @throws TransportError if the connection fails; the reason of `signal` as soon as it aborts
   */
  connect(address: Address, options: { alpn: string; signal?: AbortSignal | undefined }): Promise<Connection>
  /**
   * Accepts connections for these protocols, from the call on until the transport closes. A peer that asks for another
   * protocol is refused. Call it once per transport and iterate the result once. Leaving the loop refuses every later
   * connection.
   */
  listen(options: { alpns: readonly string[] }): AsyncIterable<Connection>
  /** The address at which peers reach this transport. */
  readonly localAddress: Address
  /**
   * The size in bytes, 0 or more, above which compressing a message costs less than sending it uncompressed. Only the
   * transport knows the cost of a byte.
   *
   * @default 4,096 (`compressAbove` in LIMITS.md)
   */
  readonly compressAbove?: number | undefined
  /**
   * Waits until `localAddress` is complete, for example until the endpoint has a relay. Resolves to true
   * when the address is complete, and to false if `timeoutMs` milliseconds pass or the transport closes first.
   *
   * @default `localAddress` is complete from the start
   */
  online?(timeoutMs: number): Promise<boolean>
  /** Closes every connection with code 0 and ends `listen`. Repeated calls are safe. */
  close(): Promise<void>
}

/** A connection to one peer for one protocol. A connection that is gone never comes back. */
export interface Connection {
  /** The peer's id, which the transport has verified. */
  readonly remoteId: string
  /** The protocol of the connection. */
  readonly alpn: string
  /**
   * Opens a stream. Waits while the peer allows no further stream; a slot that becomes free is available at once. The peer
   * learns of the stream by the first operation on it: bytes, `finish`, `reset` or `stop`.
   *
   * @throws TransportError if the connection is gone; the reason of `signal` as soon as it aborts
   */
  openStream(options?: { signal?: AbortSignal | undefined }): Promise<ByteStream>
  /**
   * Opens a stream without a promise. Returns `undefined` if no stream is available at once, for whatever reason;
   * `openStream` then waits or throws.
   *
   * @default `openStream` opens all streams
   */
  tryOpenStream?(): ByteStream | undefined
  /**
   * Returns the streams that the peer opens, until the connection is gone. Iterate the result once. Leaving the loop resets
   * and stops every later stream.
   */
  incomingStreams(): AsyncIterable<ByteStream>
  /**
   * Closes the connection at once. Data in flight in either direction may be lost. Does nothing if the connection is gone.
   *
   * @param code the application's code
   * @param reason the reason that the peer is told
   * @default code is 0, and reason is empty
   */
  close(code?: number, reason?: string): void
  /**
   * Resolves when all finished streams have had time to reach the peer, or when the connection is gone. Never rejects.
   * Callers await it before a `close` that must not discard the last responses.
   *
   * @default `close` discards no finished stream
   */
  flush?(): Promise<void>
  /** The round-trip time in milliseconds, if the transport knows it. */
  readonly rttMs?: number | undefined
  /**
   * The open paths to the peer, the path in use first; empty once the connection is gone, and `undefined` if the transport
   * does not know paths. Reading is cheap: read again to see changes.
   */
  readonly paths?: readonly ConnectionPath[] | undefined
  /** Resolves once the connection is gone. Never rejects. */
  readonly closed: Promise<CloseInfo>
}

/** A network path to a peer. */
export interface ConnectionPath {
  /** `'relay'` if packets pass through a relay, `'direct'` if they go between the sockets of the two peers. */
  readonly kind: 'direct' | 'relay'
  /** The URL of the relay, or the peer's `ip:port`. */
  readonly address: string
  /** The round-trip time in milliseconds. */
  readonly rttMs: number
  /** Whether the connection uses this path now. */
  readonly selected: boolean
}

/** Waits for the next bytes of a stream. */
export interface ReadWaiter {
  /**
   * Called when bytes, the end or a failure can be read. It runs in no caller's async context, and never within `tryRead`,
   * `stop` or the `close` of the connection. It must not throw.
   */
  onReadable(): void
}

/**
 * A stream of bytes in two independent directions. One `read` and one `write` or `finish` may be pending at a time; a
 * second one fails with `misuse` and does not disturb the first. Codes are integers from 0 to 2^53 - 1; any other code is
 * `misuse`.
 *
 * A stream is done when both halves are done: the receiving half once it was read to its end or error, or stopped; the
 * sending half once it was finished, reset, or found to be stopped by the peer. Until then it counts against the limit of
 * open streams of the side that opened it.
 */
export interface ByteStream {
  /**
   * Returns the next bytes, at least one, which then belong to the reader. Returns `undefined` at the peer's clean end, and
   * again on every later call.
   *
   * @param maxBytes the most bytes that the reader has room for. A transport that reads at most 64 KiB at a time may ignore
   *   it
   * @throws TransportError if the peer resets the stream or the connection is gone, and again on every later call
   */
  read(maxBytes?: number): Promise<Uint8Array | undefined>
  /**
   * Reads without a promise. Returns the bytes that have arrived, `null` at the clean end, or `undefined` if nothing has
   * arrived. In the last case `waiter` is called once, as soon as bytes, the end or a failure can be read; another call
   * before that replaces the waiter.
   *
   * @throws TransportError as `read` does
   * @default `read` reads the stream
   */
  tryRead?(waiter: ReadWaiter, maxBytes?: number): Uint8Array | null | undefined
  /**
   * Reads as `tryRead` does, into memory of the reader. Returns how many bytes, at least one, were written to the beginning
   * of `into`. `into` has room for at least one byte. The transport must not write to `into` after the return.
   *
   * Implement it in a transport that would otherwise copy the bytes once more to return them from `tryRead`.
   *
   * @default `tryRead` reads the stream
   */
  tryReadInto?(waiter: ReadWaiter, into: Uint8Array): number | null | undefined
  /**
   * The number of bytes that have arrived and can be read at once. With it, a reader can provide the memory for a long
   * message before reading its bytes, which are then copied once.
   *
   * @default the number is unknown
   */
  readonly readableBytes?: number
  /**
   * Writes bytes. Resolves when the transport has taken them: wait for the promise, which applies backpressure, and leave
   * the bytes unchanged until then. If `finish` is true, the sending half ends after the bytes.
   *
   * @throws TransportError `stopped`, `closed` or `lost`; `reset` after a reset on this side; `misuse` after a finish
   */
  write(bytes: Uint8Array, options?: { finish?: boolean }): Promise<void>
  /**
   * Writes without a promise. Returns true if the transport has taken the bytes, which may then be changed. Returns false
   * if it has taken nothing, because a write would wait or fail.
   *
   * @default `write` writes the bytes
   */
  tryWrite?(bytes: Uint8Array, options?: { finish?: boolean }): boolean
  /**
   * Ends the sending half cleanly, which does not confirm arrival. Does nothing if the half has ended or the peer has
   * stopped it.
   */
  finish(): Promise<void>
  /**
   * Abandons the sending half: the peer's `read` throws, and a pending or later `write` on this side throws `reset`. Does
   * nothing if the half was finished or reset.
   */
  reset(code: number): void
  /**
   * Abandons the receiving half: the peer's `write` throws, and a pending or later `read` on this side returns `undefined`
   * at once. Does nothing if the half has ended. If a `read` is pending, the peer may learn of the stop only when it writes
   * its next bytes: to reach a peer that waits, reset the sending half before it is finished.
   */
  stop(code: number): void
}

/** How a connection ended. */
export interface CloseInfo {
  /** The cause of the end: this side, the peer on purpose, or the network (lost, timed out). */
  readonly by: 'local' | 'peer' | 'network'
  /** The application's code, if there is one. */
  readonly code?: number | undefined
  /**
   * The reason. The transport makes the reason that a peer has sent printable, and it may have several lines. Empty if there
   * is no reason.
   */
  readonly reason: string
}

/** The most characters of the message of a `TransportError`. */
const MAX_MESSAGE = 4_096

/**
 * The kind of a transport failure.
 *
 * - `reset`: the peer or this side abandoned the sending half
 * - `stopped`: the peer abandoned the receiving half
 * - `closed`: the peer or this side closed the connection on purpose
 * - `lost`: the connection ended for any other reason
 * - `unreachable`: the connection could not be established
 * - `misuse`: the caller broke the rules of the contract
 */
export type TransportErrorKind = 'reset' | 'stopped' | 'closed' | 'lost' | 'unreachable' | 'misuse'

/** The failure of a connection or a stream, below the level of calls. */
export class TransportError extends AsterError {
  static {
    brandError(this, 'TransportError')
  }

  /** The name of the class, `'TransportError'`. */
  override readonly name: string = 'TransportError'
  /** The kind of failure. */
  readonly kind: TransportErrorKind
  /** The application's code of the reset, stop or close, if there is one. */
  readonly code: number | undefined

  constructor(kind: TransportErrorKind, message: string, options: { code?: number | undefined; cause?: unknown } = {}) {
    // The message may hold words of the peer or of the operating system.
    super(printableLines(message, MAX_MESSAGE), options)
    this.kind = kind
    this.code = options.code
  }
}
