import { describeSecret, describeShown, isBytes } from '@aster/rpc-core/schema'

/** Shown in place of a secret. */
export const MASK = '****'

/** Describes a value for an error message. A string that may be a secret in the wrong place is masked. */
export function show(value: unknown): string {
  const masked = typeof value === 'string' ? mayBeSecret(value) : isBytes(value)
  return masked ? showSecret(value) : describeShown(value)
}

/** Describes a secret by its kind and size, without any of its content. */
export function showSecret(value: unknown): string {
  if (typeof value === 'string') return `${MASK} (${count(value.length, 'character')})`
  if (isBytes(value)) return count(value.length, 'byte')
  return describeSecret(value)
}

/** Returns whether a string has the form of a key in hex or base64, of a URL with a password, or of the content of a file. */
function mayBeSecret(text: string): boolean {
  return /[0-9a-f]{64}|[a-z0-9+/_-]{43}|:\/\/[^/]*@|^\s*[{[]|\n/i.test(text)
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}
