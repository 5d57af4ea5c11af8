/**
 * Returns whether a file is in UTF-16, the default of Windows PowerShell. Such a file begins with a byte order mark, or has a
 * zero byte before or after each character.
 */
export function isUtf16(bytes: Uint8Array): boolean {
  const [first, second, third, fourth] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  const isAscii = (byte: number | undefined): boolean => byte !== undefined && byte > 0 && byte < 0x80
  if (isAscii(first) && isAscii(third)) return second === 0 && fourth === 0
  return first === 0 && third === 0 && isAscii(second) && isAscii(fourth)
}
