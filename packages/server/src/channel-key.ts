import { hkdfSync } from 'node:crypto'

/**
 * Returns the secret key of a channel's own endpoint, an ed25519 seed of 32 bytes. The key is derived from the node's
 * secret key, so the endpoint id of the channel survives a restart: HKDF-SHA256 without salt, with `aster channel key v1: `
 * and the name of the channel in UTF-8 as the info.
 */
export function channelKey(nodeKey: Uint8Array, channel: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', nodeKey, '', `aster channel key v1: ${channel}`, 32))
}
