import { AsterError, type CloseInfo, TransportError } from '@aster/rpc-core'
import { closeError } from '@aster/rpc-core/protocol'
import { FailureKind, type NativeFailure } from './net.ts'

const TIMED_OUT = 'the peer has not been heard of for 30 s'

/** Returns how a connection ended. */
export function closeInfoOfFailure({ kind, code, message }: NativeFailure): CloseInfo {
  if (kind === FailureKind.CLOSED_BY_PEER) return { by: 'peer', code: code ?? 0, reason: message }
  if (kind === FailureKind.CLOSED_HERE) return { by: 'local', code: 0, reason: '' }
  return { by: 'network', reason: kind === FailureKind.TIMED_OUT ? TIMED_OUT : message }
}

const REASONS: readonly (readonly [part: string, text: (alpn: string) => string])[] = [
  ['error 120', (alpn) => `it does not speak ${JSON.stringify(alpn)}`],
  ['UnknownIssuer', () => 'another peer answers at its addresses; is the endpoint id right?'],
  ['timed out', () => 'nobody answered for 30 s'],
  ['Connecting to ourself', () => 'that is this endpoint itself'],
  ['No addressing information', () => 'neither an address nor a relay is known for it'],
]

/** Returns why no connection to a peer came about. */
export function dialError(failure: NativeFailure | null, peer: string, alpn: string): TransportError {
  if (failure === null || failure.kind === FailureKind.CLOSED_HERE)
    return new TransportError('closed', 'this side closed the transport', { code: 0 })
  if (failure.kind === FailureKind.CLOSED_BY_PEER) return closeError(closeInfoOfFailure(failure))
  const known = REASONS.find(([part]) => failure.message.includes(part))
  const reason = known?.[1](alpn) ?? failure.message.split('\n').at(-1) ?? ''
  return new TransportError('unreachable', `cannot reach ${peer}: ${reason}`)
}

/** Returns why the endpoint could not be bound. */
export function bindFailure(failure: NativeFailure | null, bindAddr: string | undefined): AsterError {
  const where = bindAddr === undefined ? '' : ` to ${bindAddr}`
  return new AsterError(`cannot bind the endpoint${where}: ${failure?.message.split('\n').at(-1) ?? 'no reason is known'}`)
}
