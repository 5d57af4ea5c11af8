import { isPoint } from './ed25519.ts'
import { bytesOfHex, hexOfBytes, parseHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/**
 * Parses an endpoint id: 64 hex digits of any case. Returns it in lower case.
 *
 * @throws IdentityError if `text` is not 64 hex digits, or not an ed25519 public key
 */
export function parseEndpointId(text: string, options: SourceOptions = {}): string {
  const id = parseHex(text, { field: 'endpoint id', bytes: 32, source: options.source })
  checkPoint(bytesOfHex(id), options)
  return id
}

export function endpointIdOfBytes(bytes: Uint8Array, options: SourceOptions = {}): string {
  checkPoint(bytes, options)
  return hexOfBytes(bytes)
}

function checkPoint(bytes: Uint8Array, { source }: SourceOptions): void {
  if (isPoint(bytes)) return
  const found = '32 bytes that are no point of the curve'
  throw new IdentityError({ field: 'endpoint id', source, expected: 'an ed25519 public key', found })
}
