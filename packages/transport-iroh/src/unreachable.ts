import { printable, quoted } from '@aster/rpc-core/schema'

const REASONS: readonly (readonly [part: string, text: (alpn: string) => string])[] = [
  ['error 120', (alpn) => `it does not speak ${quoted(alpn)}`],
  ['UnknownIssuer', () => 'another peer answers at its addresses; is the endpoint id right?'],
  ['timed out', () => 'no peer answered within 30 s'],
  ['Connecting to ourself', () => 'the address is that of this endpoint'],
  ['No addressing information', () => 'neither an address nor a relay is known for it'],
]

/** The most characters of a reason: one packet has no room for more. */
export const MAX_REASON = 1_200

/** The message if QUIC gave up, for both bindings. */
export const TIMED_OUT = 'nothing was received from the peer for 30 s'

/**
 * Returns why a dial failed, as part of a message.
 *
 * @param causes the causes that iroh reports, the first cause last
 */
export function unreachableReason(causes: readonly string[], alpn: string): string {
  const found = REASONS.find(([part]) => causes.some((line) => line.includes(part)))
  return found?.[1](alpn) ?? printable(causes.at(-1) ?? '', MAX_REASON)
}
