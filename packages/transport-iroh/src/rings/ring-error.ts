/** Translates the failures of the addon: kinds and codes for programs, and messages for people. */
import type { NativeFailure } from '@aster/iroh-native'
import { AsterError, type CloseInfo, TransportError } from '@aster/rpc-core'
import { closeError } from '@aster/rpc-core/protocol'
import { printable, printableLines } from '@aster/rpc-core/schema'
import { closedHere } from '../binding.ts'
import { MAX_REASON, TIMED_OUT, unreachableReason } from '../unreachable.ts'
import { FailureKind } from './kinds.ts'

/** Returns how a connection ended. */
export function closeInfoOf({ kind, code, message }: NativeFailure): CloseInfo {
  if (kind === FailureKind.CLOSED_BY_PEER)
    return { by: 'peer', code: code ?? 0, reason: printableLines(message, MAX_REASON) }
  if (kind === FailureKind.VIOLATION) return { by: 'network', code, reason: printable(message, MAX_REASON) }
  if (kind === FailureKind.CLOSED_HERE) return { by: 'local', code: 0, reason: '' }
  return { by: 'network', reason: kind === FailureKind.TIMED_OUT ? TIMED_OUT : printable(message, MAX_REASON) }
}

/** Returns the error for a failed dial. */
export function dialError(failure: NativeFailure | null, peer: string, alpn: string): TransportError {
  if (failure === null || failure.kind === FailureKind.CLOSED_HERE) return closedHere()
  if (failure.kind === FailureKind.CLOSED_BY_PEER) return closeError(closeInfoOf(failure))
  return new TransportError('unreachable', `cannot reach ${peer}: ${unreachableReason(causesOf(failure), alpn)}`)
}

/** Returns the error for an endpoint that could not be bound. */
export function bindError(failure: NativeFailure | null, bindAddr: string | undefined): AsterError {
  const where = bindAddr === undefined ? '' : ` to ${bindAddr}`
  const reason = failure === null ? 'the addon does not say why' : (causesOf(failure).at(-1) ?? '')
  return new AsterError(`cannot bind the endpoint${where}: ${printable(reason, MAX_REASON)}`)
}

/** Returns the chain of causes, one a line, the first cause last. */
function causesOf({ message }: NativeFailure): string[] {
  return message.split('\n')
}
