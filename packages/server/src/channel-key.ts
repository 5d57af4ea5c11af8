import { hkdfSync } from 'node:crypto'

/**
 * The secret key of a channel's own endpoint, so that its id outlasts a restart as the server's does: HKDF-SHA256 of the
 * node's secret key without salt, with the info `aster channel key v1: ` and the name in UTF-8; 32 bytes, an ed25519 seed.
 */
export function channelKey(nodeKey: Uint8Array, channel: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', nodeKey, '', `aster channel key v1: ${channel}`, 32))
}
