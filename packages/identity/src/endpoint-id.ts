import { isPoint } from './ed25519.ts'
import { bytesOfHex, hexOfBytes, parseHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** The ids that were found to be keys: the same few are read again and again, and a check takes 0.2 ms. */
const keys = new Set<string>()
const MAX_KEYS = 1_000

/** Reads 64 hex digits of any case and returns them in lower case. @throws IdentityError, also if they are no ed25519 public key */
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
