import { RpcError } from '../../rpc-error.ts'
import { PEER_SILENT } from '../alpn.ts'
import { StatusCode } from '../../status-code.ts'
import { type CloseInfo, TransportError } from '../../transport.ts'
import { printable } from '../../values/describe.ts'

/** The most characters of a peer's reason that a message shows. */
const MAX_REASON = 200

/** Returns the error of a caller that broke the rules of the transport contract. */
export function misuseError(message: string): TransportError {
  return new TransportError('misuse', message)
}

/**
 * Checks the code of a reset, stop or close.
 *
 * @throws TransportError `misuse` unless `code` is an integer from 0 to 2^53 - 1
 */
export function assertStreamCode(code: number): void {
  if (!Number.isSafeInteger(code) || code < 0)
    throw misuseError(`the code is ${code}; expected an integer from 0 to 2^53 - 1`)
}

/** Returns the error with which the streams of a closed connection fail. */
export function closeError({ by, code, reason: given }: CloseInfo, cause?: unknown): TransportError {
  const reason = printable(given, MAX_REASON)
  const options = { code, ...(cause === undefined ? {} : { cause }) }
  if (by === 'network') return new TransportError('lost', `the connection is lost: ${reason}`, options)
  const who = by === 'local' ? 'this side' : 'the peer'
  if (code === PEER_SILENT) return new TransportError('closed', `${who} gave the connection up: ${reason}`, options)
  const text = reason === '' ? '' : `: ${reason}`
  const error = new TransportError('closed', `${who} closed the connection with code ${code ?? 0}${text}`, options)
  return by === 'local' ? Object.defineProperty(error, closedHereKey, { value: true }) : error
}

const closedHereKey = Symbol.for('aster.closedHere')

/** Returns whether an error comes from a connection that this side closed. */
export function isClosedHere(error: unknown): boolean {
  return error instanceof TransportError && closedHereKey in error
}

/** Returns whether an error is an `RpcError` with the code `UNAVAILABLE`: the peer cannot be reached or went away. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof RpcError && error.code === StatusCode.UNAVAILABLE
}
