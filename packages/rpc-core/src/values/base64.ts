/** The bytes that one call of `String.fromCharCode` takes: all of a large array would be too many arguments. */
const CHUNK = 8192

/** Returns bytes as base64 in the standard alphabet, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(binary)
}

/** Returns the bytes of base64 in the standard alphabet with padding, or `undefined` for any other string. */
export function fromBase64(text: string): Uint8Array | undefined {
  // `atob` accepts missing padding and white space.
  if (text.length % 4 !== 0 || /[\t\n\f\r ]/.test(text)) return undefined
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
