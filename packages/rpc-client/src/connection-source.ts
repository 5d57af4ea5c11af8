import { type Connection, type Logger, RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { type AbortSource, NEVER, onAbort, runSoon, toRpcError, runInBackground } from '@aster/rpc-core/protocol'
import { describe, isThenable } from '@aster/rpc-core/schema'
import { abortErrorOf, soundError } from './call-errors.ts'
import { type ConnectionLease, releaseLease } from './connection-lease.ts'
import { ignore } from './handled.ts'
import { LeasedStream } from './leased-stream.ts'
import { Phase, type Progress } from './progress.ts'

/**
 * Returns the connection to call over. The client calls this function for every call, so that it can replace a lost connection.
 * Return a lease to learn when and how the call ends.
 */
export type ConnectionSource = () => Connection | ConnectionLease | PromiseLike<Connection | ConnectionLease>

/** The settings with which a client opens streams. */
export interface StreamSource {
  readonly connections: ConnectionSource
  /** Receives a warning when calls wait for a stream. */
  readonly logger: Logger | undefined
}

/** The code of a reset or stop that withdraws a call. */
export const CANCEL = StatusCode.CANCELLED

/** The most connections that are tried for one stream, each of which is lost before a byte was sent. */
const MAX_CONNECTIONS = 5

/**
 * Opens a stream on a connection of `source`. If the connection turns out to be lost before a byte was sent, asks the source for
 * another one. If the source returns the same connection again, asks once more in the next turn of the event loop, when the
 * source has learned that the connection is closed.
 *
 * Returns a promise unless the stream is open at once. The promise rejects with the error of the source or the transport, or
 * with the reason of `signal`.
 */
export function openStream(
  source: StreamSource,
  signal: AbortSource,
  progress?: Progress,
): LeasedStream | Promise<LeasedStream> {
  try {
    const acquired = acquire(source, signal, progress)
    if (!isThenable(acquired) && acquired.tryOpen()) return acquired
    return openRepeatedly(source, signal, progress, acquired)
  } catch (error) {
    return Promise.reject(error)
  }
}

async function openRepeatedly(
  source: StreamSource,
  signal: AbortSource,
  progress: Progress | undefined,
  first: LeasedStream | Promise<LeasedStream>,
): Promise<LeasedStream> {
  let failure: { readonly error: unknown; readonly connection: Connection; isRepeated: boolean } | undefined
  let acquired = first
  for (let tried = 1; ; tried++) {
    const leased = isThenable(acquired) ? await acquired : acquired
    if (failure !== undefined && failure.connection === leased.connection) {
      leased.release(soundError(toRpcError(failure.error)))
      if (failure.isRepeated) throw failure.error
      failure.isRepeated = true
      await new Promise<void>((resolve) => runSoon(resolve))
    } else {
      try {
        return await leased.open()
      } catch (error) {
        if (signal.aborted) leased.release(abortErrorOf(signal, () => progress?.describe()))
        else leased.release(soundError(toRpcError(error)))
        if (signal.aborted || !(error instanceof TransportError) || tried === MAX_CONNECTIONS) throw error
        failure = { error, connection: leased.connection, isRepeated: false }
      }
    }
    acquired = acquire(source, signal, progress)
  }
}

/** Returns a lease on which a stream can be opened, or a promise of a lease if the source has to connect first. */
function acquire(
  { connections, logger }: StreamSource,
  signal: AbortSource,
  progress: Progress | undefined,
): LeasedStream | Promise<LeasedStream> {
  if (progress !== undefined) progress.phase = Phase.CONNECTION
  const lease = (acquired: Acquired): LeasedStream => new LeasedStream(toLease(acquired), { logger, signal, progress })
  try {
    const acquired = connections()
    if (!isThenable(acquired)) return lease(acquired)
    return acquireLater(signal === NEVER ? acquired : connected(acquired, signal), signal, lease)
  } catch (error) {
    throw sourceError(error, signal)
  }
}

async function acquireLater(
  acquired: PromiseLike<Acquired>,
  signal: AbortSource,
  lease: (acquired: Acquired) => LeasedStream,
): Promise<LeasedStream> {
  try {
    return lease(await acquired)
  } catch (error) {
    throw sourceError(error, signal)
  }
}

/** Returns the error of a call whose source of connections failed with `error`. */
function sourceError(error: unknown, signal: AbortSource): unknown {
  if (error instanceof RpcError || error instanceof TransportError || signal.aborted) return error
  return new RpcError(StatusCode.UNAVAILABLE, RpcError.from(error).message, { cause: error })
}

type Acquired = Connection | ConnectionLease

/**
 * Waits for a connection. Throws the reason of `signal` if the signal aborts first. The promise must not keep this call in memory
 * afterwards, since other calls may wait longer for it.
 */
function connected(acquired: PromiseLike<Acquired>, signal: AbortSource): Promise<Acquired> {
  const call = new WaitingCall()
  const waiting = new Promise<Acquired>((resolve, reject) => call.wait({ resolve, reject }))
  call.off = onAbort(signal, () => call.leave()?.reject(signal.reason))
  const run = (): unknown =>
    Promise.resolve(acquired).then(
      (value) => call.connect(value),
      (error: unknown) => call.leave()?.reject(error),
    )
  runInBackground({ run })
  return waiting
}

interface Waiter {
  readonly resolve: (value: Acquired) => void
  readonly reject: (error: unknown) => void
}

/** The link from a shared promise to one call that waits for it. The link is empty once the call has left. */
class WaitingCall {
  off: () => void = ignore
  #waiter: Waiter | undefined

  wait(waiter: Waiter): void {
    this.#waiter = waiter
  }

  connect(value: Acquired): void {
    const waiter = this.leave()
    if (waiter === undefined) releaseUnwanted(value)
    else waiter.resolve(value)
  }

  leave(): Waiter | undefined {
    const waiter = this.#waiter
    this.#waiter = undefined
    this.off()
    this.off = ignore
    return waiter
  }
}

/** Ends the lease of a connection that arrived after the call had ended. */
function releaseUnwanted(acquired: Acquired): void {
  try {
    const error = new RpcError(StatusCode.CANCELLED, 'the call was over before it had a connection')
    discard(toLease(acquired), error)
  } catch {
    // The source returned something else, but the call has its outcome already.
  }
}

/** Ends a lease on which a stream was never opened. */
function discard(lease: ConnectionLease, error: unknown): void {
  releaseLease(lease, soundError(toRpcError(error)))
}

function toLease(acquired: Acquired): ConnectionLease {
  if (isObject(acquired)) {
    if ('openStream' in acquired) return { connection: acquired, release }
    if (isObject(acquired.connection) && typeof acquired.release === 'function') return acquired
  }
  throw new RpcError(
    StatusCode.INTERNAL,
    `the source of connections returned ${describe(acquired)}: expected a Connection, or { connection, release }`,
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Does nothing: a connection without a lease belongs to the caller. */
function release(): void {}
