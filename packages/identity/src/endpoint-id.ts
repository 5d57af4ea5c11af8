import { isPoint } from './ed25519.ts'
import { bytesOfHex, hexOfBytes, parseHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** Ids that are known to be keys. The same few ids are parsed again and again, and a check takes 0.2 ms. */
const keys = new Set<string>()
/** The number of ids at which `keys` is emptied. */
const MAX_KEYS = 1_000

/**
 * Parses an endpoint id: 64 hex digits of any case. Returns it in lower case.
 *
 * @throws IdentityError if `text` is not 64 hex digits, or not an ed25519 public key
 */
export function parseEndpointId(text: string, options: SourceOptions = {}): string {
  const id = parseHex(text, { field: 'endpoint id', bytes: 32, source: options.source })
  if (!keys.has(id)) checkPoint(id, bytesOfHex(id), options)
  return id
}

export function endpointIdOfBytes(bytes: Uint8Array, options: SourceOptions = {}): string {
  const id = hexOfBytes(bytes)
  if (!keys.has(id)) checkPoint(id, bytes, options)
  return id
}

function checkPoint(id: string, bytes: Uint8Array, { source }: SourceOptions): void {
  if (isPoint(bytes)) {
    if (keys.size === MAX_KEYS) keys.clear()
    keys.add(id)
    return
  }
  const found = '32 bytes that are no point of the curve'
  throw new IdentityError({ field: 'endpoint id', source, expected: 'an ed25519 public key', found })
}
