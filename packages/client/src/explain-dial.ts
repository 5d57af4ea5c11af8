import type { NodeAddr, Transport } from '@aster/rpc-core'
import { ownRelayState } from './relays.ts'

/**
 * Returns an explanation why a producer did not answer a dial, from the producer's address and the state of the relays. Returns
 * `undefined` if the transport does not report its relays.
 *
 * @param finding the state of the relay of the address: see `RelayProbe`
 */
export function explainDial(transport: Transport, { relayUrl }: NodeAddr, finding?: string): string | undefined {
  const own = ownRelayState(transport)
  if (own === undefined) return undefined
  if (own === 'disabled') {
    return relayUrl === undefined ? undefined : `the address has the relay ${relayUrl}, and relays are disabled here`
  }
  if (relayUrl === undefined) {
    return "the address has no relay; an 'endpoint…' ticket or the endpointAddr of a producer behind a relay has one"
  }
  const parts = [
    ...(finding === undefined ? [] : [`the relay ${relayUrl} ${finding}`]),
    ...(own === 'not reached' ? ['this side is not connected to a relay'] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(', and ')
}
