import { AsterError, brandError } from './aster-error.ts'
import type { NodeAddr } from './node-addr.ts'
import { printableLines } from './values/describe.ts'

/** Carries byte streams between peers. `Address` is whatever the transport dials. */
export interface Transport<Address = NodeAddr> {
  /**
   * Dials a peer. Fails with a `TransportError`, or with the reason of `signal` as soon as that aborts. It sets no time
   * limit of its own that a caller could rely on.
   */
  connect(address: Address, options: { alpn: string; signal?: AbortSignal | undefined }): Promise<Connection>
  /**
   * Accepts connections for these protocols, from the call on until the transport is closed; peers that ask for another
   * are refused. Once per transport, to be iterated once; leaving the loop refuses whoever dials later.
   */
  listen(options: { alpns: readonly string[] }): AsyncIterable<Connection>
  readonly localAddress: Address
  /**
   * Bytes of a message above which compressing it costs less than to send it as it is, 0 or more. A transport knows what a byte
   * costs. @default 4,096 (`compressAbove` in LIMITS.md)
   */
  readonly compressAbove?: number | undefined
  /**
   * Waits until `localAddress` is complete, for example with the relay of the endpoint. Resolves to true then, and to false
   * after `timeoutMs` or once the transport is closed. A transport without it has its address from the start.
   */
  online?(timeoutMs: number): Promise<boolean>
  /** Closes every connection with code 0, and ends `listen`. Safe to call again. */
  close(): Promise<void>
}

/** A connection to one peer for one protocol. It is open or gone; it never comes back. */
export interface Connection {
  /** The peer's id, proved by the transport. */
  readonly remoteId: string
  readonly alpn: string
  /**
   * Waits while the peer allows no further stream; a place that becomes free can be used at once. Fails with a
   * `TransportError`, or with the reason of `signal` as soon as that aborts. The peer learns of a stream by what is done
   * with it first: bytes, `finish`, `reset` or `stop`.
   */
  openStream(options?: { signal?: AbortSignal | undefined }): Promise<ByteStream>
  /**
   * Does what `openStream` does, without a promise: returns `undefined` if a stream cannot be had at once, for whatever reason,
   * which `openStream` tells or waits for. @default streams are opened by `openStream`
   */
  tryOpenStream?(): ByteStream | undefined
  /**
   * The streams that the peer opens, until the connection is gone. To be iterated once; leaving the loop resets and stops
   * those that come later.
   */
  incomingStreams(): AsyncIterable<ByteStream>
  /**
   * Ends the connection at once: what is under way in either direction may be lost. Code 0 and no reason are the default.
   * Nothing happens once it is gone.
   */
  close(code?: number, reason?: string): void
  /**
   * Resolves, and never rejects, when the bytes in front of the `finish` of any stream had the time to reach the peer, or
   * when the connection is gone. Awaited before a `close` that must not discard the last answers. A transport whose `close`
   * discards nothing that was finished needs none.
   */
  flush?(): Promise<void>
  /** The round-trip time in milliseconds, if the transport knows it. */
  readonly rttMs?: number | undefined
  /**
   * The open paths to the peer, the one in use first; none once the connection is gone. `undefined` for a transport that does
   * not know paths. Reading is cheap: changes are found by reading again.
   */
  readonly paths?: readonly ConnectionPath[] | undefined
  /** Resolves, and never rejects, once the connection is gone. */
  readonly closed: Promise<CloseInfo>
}

/** A way that packets take to a peer. */
export interface ConnectionPath {
  /** Through a relay, or between the sockets of the two peers. */
  readonly kind: 'direct' | 'relay'
  /** The URL of the relay, or the peer's `ip:port`. */
  readonly address: string
  /** The round-trip time, in milliseconds. */
  readonly rttMs: number
  /** Whether the connection uses this path now. */
  readonly selected: boolean
}

/** What waits for the next bytes of a stream. */
export interface ReadWaiter {
  /** Called in the async context of no caller, and never within `tryRead`, `stop` or the `close` of the connection. Does not throw. */
  onReadable(): void
}

/**
 * Two independent directions of bytes. One `read` and one `write` or `finish` may be under way at a time; a second one
 * fails with `misuse` and does not disturb the first. Codes are integers from 0 to 2^53 - 1, others are `misuse`.
 *
 * A stream is done with when both halves are: read to the end (or to its error) or stopped, and finished or reset (or
 * found to be stopped by the peer). Until then it counts against the streams that the side which opened it may open.
 */
export interface ByteStream {
  /**
   * The next bytes, at least one; `undefined` at the peer's clean end, again and again. Throws `TransportError` when the
   * peer resets or the connection is gone, again and again too. The bytes are the reader's.
   *
   * @param maxBytes the most bytes that the reader has room for. A transport that reads no more than 64 KiB at a time may
   *   ignore it
   */
  read(maxBytes?: number): Promise<Uint8Array | undefined>
  /**
   * Does what `read` does, without a promise: returns the bytes that have come, and `null` at the clean end; throws what `read`
   * rejects with. Returns `undefined` if nothing has come. `waiter` is told then, once, when there is something to read: the
   * bytes, the end or the failure. A further call before that replaces the waiter. @default the stream is read by `read`
   */
  tryRead?(waiter: ReadWaiter, maxBytes?: number): Uint8Array | null | undefined
  /**
   * Does what `tryRead` does, to memory of the reader: returns how many bytes it has written to the beginning of `into`, at
   * least one. `into` has room for one byte at least, and is not touched afterwards.
   *
   * For transports that have the bytes elsewhere and would have to copy them for `tryRead`. @default `tryRead` is used
   */
  tryReadInto?(waiter: ReadWaiter, into: Uint8Array): number | null | undefined
  /**
   * Resolves when the transport took the bytes, which is the backpressure; leave them unchanged until then. `finish` ends
   * the sending half behind them. Throws `TransportError`: `stopped`, `closed`, `lost`, `reset` after a reset here,
   * `misuse` after a finish.
   */
  write(bytes: Uint8Array, options?: { finish?: boolean }): Promise<void>
  /**
   * Does what `write` does, without a promise: returns true if the transport took the bytes, which may be changed then. Returns
   * false if it took nothing, because that would wait, or fail. @default bytes are written by `write`
   */
  tryWrite?(bytes: Uint8Array, options?: { finish?: boolean }): boolean
  /** Ends the sending half cleanly. Says nothing about arrival; does nothing after the end, or where the peer has stopped. */
  finish(): Promise<void>
  /**
   * Abandons the sending half; the peer's `read` throws, a pending `write` here and later ones throw `reset`. Nothing
   * happens after the end, which a finish is.
   */
  reset(code: number): void
  /**
   * Abandons the receiving half; the peer's `write` throws. A pending `read` here and later ones give `undefined` at once.
   * Nothing happens after the end. Where a `read` is pending, the peer may learn of it no sooner than with the next bytes
   * that it writes: to reach a peer that waits, reset the other half before it is finished.
   */
  stop(code: number): void
}

export interface CloseInfo {
  /** Who ended it: this side, the peer on purpose, or the network (lost, timed out). */
  readonly by: 'local' | 'peer' | 'network'
  /** The application's code, where one was given. */
  readonly code?: number | undefined
  /** Of a peer: its own words, which the transport makes printable and which may have several lines; empty for none. */
  readonly reason: string
}

/** Characters of the message of a `TransportError`. */
const MAX_MESSAGE = 4_096

/**
 * What went wrong underneath a call.
 *
 * - `reset`: the sending half was abandoned, by the peer or here · `stopped`: the peer does not want the bytes
 * - `closed`: the peer, or this side, closed the connection on purpose · `lost`: the connection is gone otherwise
 * - `unreachable`: no connection came about · `misuse`: the caller broke the rules of the contract
 */
export type TransportErrorKind = 'reset' | 'stopped' | 'closed' | 'lost' | 'unreachable' | 'misuse'

export class TransportError extends AsterError {
  static {
    brandError(this, 'TransportError')
  }

  override readonly name: string = 'TransportError'
  readonly kind: TransportErrorKind
  /** The application's code of the reset, stop or close. */
  readonly code: number | undefined

  constructor(kind: TransportErrorKind, message: string, options: { code?: number | undefined; cause?: unknown } = {}) {
    // A transport may pass on words of the peer, or of the system.
    super(printableLines(message, MAX_MESSAGE), options)
    this.kind = kind
    this.code = options.code
  }
}
