/**
 * Translates the addon's errors. They are plain `Error`s whose message is Rust's debug output of an enum: `Reset(7)`,
 * `ConnectionLost(ApplicationClosed(ApplicationClose { error_code: 403, reason: b"not admitted" }))`. If RUST_BACKTRACE is
 * set, a backtrace follows, which is ignored. The table of messages is in native-error.test.ts, taken from 1.1.0.
 */
import { AsterError, type CloseInfo, TransportError } from '@aster/rpc-core'
import { closeError, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage, printable, printableLines } from '@aster/rpc-core/schema'
import { MAX_REASON, TIMED_OUT, unreachableReason } from '../unreachable.ts'

/**
 * Returns the error for a failure of a stream or a connection.
 *
 * @param closing how this side closed the connection, if it did
 */
export function streamError(error: unknown, closing?: CloseInfo): TransportError {
  const text = firstLine(error)
  const half = /^(Reset|Stopped)\((\d+)\)$/.exec(text)
  if (half !== null) {
    const code = Number(half[2])
    if (half[1] === 'Reset') return new TransportError('reset', `the peer reset the stream with code ${code}`, { code })
    return new TransportError('stopped', `the peer stopped reading with code ${code}`, { code })
  }
  if (text.startsWith('ClosedStream'))
    return new TransportError('misuse', 'the stream has ended here', { cause: error })
  const end = endOfConnection(error, closing) ?? { by: 'network', reason: text }
  return closeError(end, end.by === 'network' && end.reason !== TIMED_OUT ? error : undefined)
}

/**
 * Returns how the connection ended if an error of the addon says so, or `undefined` if the error concerns one stream.
 *
 * @param closing how this side closed the connection, if it did
 */
export function endOfConnection(error: unknown, closing?: CloseInfo): CloseInfo | undefined {
  const text = firstLine(error)
  if (/^(Reset|Stopped)\(\d+\)$/.test(text) || text.startsWith('ClosedStream')) return undefined
  const lost = /^ConnectionLost\(([^]*)\)$/.exec(text)?.[1] ?? text
  const closed = /^ApplicationClosed\(ApplicationClose \{ error_code: (\d+), reason: b"([^]*)" \}\)$/.exec(lost)
  if (closed !== null) return { by: 'peer', code: Number(closed[1]), reason: shownReason(rustBytes(closed[2] ?? '')) }
  if (lost === 'LocallyClosed') return closing ?? { by: 'local', code: 0, reason: '' }
  return { by: 'network', reason: lost === 'TimedOut' ? TIMED_OUT : lost }
}

/** Parses the string of `closed()`: `closed by peer: 0`, `closed by peer: not admitted (code 403)`, `closed`, `timed out`. */
export function closeInfoOf(text: string): CloseInfo {
  if (text === 'closed') return { by: 'local', code: 0, reason: '' }
  const peer = peerClose(text)
  if (peer !== undefined) return peer
  return { by: 'network', reason: text === 'timed out' ? TIMED_OUT : text }
}

/** The reason with which a peer closes is made printable, since it goes into logs and messages. */
const shownReason = (reason: string): string => printableLines(reason, MAX_REASON)

function peerClose(text: string): CloseInfo | undefined {
  const withReason = /^closed by peer: ([^]*) \(code (\d+)\)$/.exec(text)
  if (withReason !== null) return { by: 'peer', code: Number(withReason[2]), reason: shownReason(withReason[1] ?? '') }
  const bare = /^closed by peer: (\d+)$/.exec(text)
  return bare === null ? undefined : { by: 'peer', code: Number(bare[1]), reason: '' }
}

/** Returns the error for a failed dial of `peer`. */
export function connectError(error: unknown, peer: string, alpn: string): TransportError {
  const causes = causesOf(error)
  const root = causes.at(-1) ?? ''
  const closed = peerClose(root)
  if (closed !== undefined) return closeError(closed, error)
  if (root === 'closed' || root === 'Endpoint is closed') {
    return new TransportError('closed', 'this side closed the transport', { code: 0, cause: error })
  }
  return new TransportError('unreachable', `cannot reach ${peer}: ${unreachableReason(causes, alpn)}`, { cause: error })
}

/** Returns the error for an endpoint that could not be bound. */
export function bindError(error: unknown, bindAddr: string | undefined): AsterError {
  const where = bindAddr === undefined ? '' : ` to ${bindAddr}`
  return new AsterError(`cannot bind the endpoint${where}: ${printable(causesOf(error).at(-1) ?? '', MAX_REASON)}`, {
    cause: error,
  })
}

/** Reports an unexpected failure of the addon for which no caller waits, as a process warning, once. */
export function reportFault(error: unknown): void {
  warnOnce('ASTER_IROH', `an unexpected failure of @number0/iroh: ${printable(firstLine(error), MAX_REASON)}`)
}

/** Returns the message of an error, without the backtrace that may follow. */
export function firstLine(error: unknown): string {
  return errorMessage(error).split('\n', 1)[0] ?? ''
}

/**
 * Returns the chain of causes, the first cause last. In the message each cause has a line, which may end with a place in
 * the source.
 */
function causesOf(error: unknown): string[] {
  const text = errorMessage(error).split('\n\nStack backtrace')[0] ?? ''
  return text
    .split('\n')
    .map((line) => line.trim().replace(/ \([^()]*:\d+:\d+\)$/, ''))
    .filter((line) => line !== '' && line !== 'Caused by:')
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92, "'": 39, '"': 34 }

/** Undoes the escapes of Rust's `b"…"`. Never throws. */
function rustBytes(text: string): string {
  const bytes: number[] = []
  for (const [, hex, escape, plain] of text.matchAll(/\\x([0-9a-f]{2})|\\([^])|([^\\])/g)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else bytes.push((escape === undefined ? undefined : ESCAPES[escape]) ?? (escape ?? plain ?? '').charCodeAt(0))
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
