/** What stands for a secret wherever a value is shown. */
export const MASK = '****'

const SHOWN = 80

/** A value as an error message shows it. A text that may be a secret in the wrong place is masked. */
export function show(value: unknown): string {
  if (typeof value === 'string') return mayBeSecret(value) ? showSecret(value) : quote(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return kindOf(value)
}

/** The same for a secret: its kind and size, none of its content. */
export function showSecret(value: unknown): string {
  if (typeof value === 'string') return `${MASK} (${count(value.length, 'character')})`
  return kindOf(value)
}

/** The kind alone, for a value of which nothing else is known. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Date) return 'a date'
  if (value instanceof Uint8Array) return count(value.length, 'byte')
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'number':
    case 'bigint':
      return 'a number'
    case 'boolean':
      return 'a boolean'
    case 'undefined':
      return 'nothing'
    case 'object':
      return 'a table'
    default:
      return `a ${typeof value}`
  }
}

/** As in JSON, so that blanks, line ends and control characters are seen; long texts are cut. */
export function quote(text: string): string {
  return text.length <= SHOWN
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, SHOWN))}… (${text.length} characters)`
}

/** The forms of keys in hex and base64, of a URL with a password, and of the content of a file. */
function mayBeSecret(text: string): boolean {
  return /[0-9a-f]{64}|[a-z0-9+/_-]{43}|:\/\/[^/]*@|^\s*[{[]|\n/i.test(text)
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}
