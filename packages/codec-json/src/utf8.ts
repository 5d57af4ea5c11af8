import { RpcError, StatusCode } from '@aster/rpc-core'

/** A decoder that keeps a byte order mark, so that the JSON parser refuses it. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Returns the string of bytes in UTF-8.
 *
 * @throws RpcError (`DATA_LOSS`) if the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new RpcError(
      StatusCode.DATA_LOSS,
      `expected JSON in UTF-8, found a broken sequence at byte ${errorOffset(bytes)}`,
      { cause },
    )
  }
}

/** Returns the offset of the first ill-formed sequence (Unicode, table 3-7). */
function errorOffset(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at] ?? 0
    const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
    if (length === 0) return at
    for (let i = 1; i < length; i++) {
      const low = i === 1 && first === 0xe0 ? 0xa0 : i === 1 && first === 0xf0 ? 0x90 : 0x80
      const high = i === 1 && first === 0xed ? 0x9f : i === 1 && first === 0xf4 ? 0x8f : 0xbf
      const byte = bytes[at + i] ?? 0
      if (byte < low || byte > high) return at
    }
    at += length
  }
  return at
}
