/** Characters of a string that a message shows, unless it asks for another number. */
const MAX_SHOWN = 80

/**
 * Describes what a value is, without the content of strings, objects and lists, which may be secret: `'a string'`,
 * `'the integer 5'`, `'an object of class Date'`.
 */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? `the integer ${value}` : `the number ${value}`
  if (typeof value === 'bigint') return 'a bigint'
  if (typeof value === 'boolean') return `${value}`
  if (typeof value === 'object') {
    const name = Object.getPrototypeOf(value)?.constructor?.name
    return typeof name === 'string' && name !== 'Object' && name !== '' ? `an object of class ${name}` : 'an object'
  }
  return `a ${typeof value}`
}

/** Describes a value that is no secret: a string is quoted, anything else is described as `describe` does. */
export function describeShown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : describe(value)
}

/** Describes a value that may be a secret: strings by their length, other values by their kind alone. */
export function describeSecret(value: unknown): string {
  if (typeof value === 'string') return describeLength(value)
  if (typeof value === 'number') return 'a number'
  if (typeof value === 'boolean') return 'a boolean'
  return describe(value)
}

/** Describes a string by its length: `'a string of 12 characters'`. */
export function describeLength(text: string): string {
  return text === '' ? 'an empty string' : `a string of ${text.length} character${text.length === 1 ? '' : 's'}`
}

/** Quotes a string as in JSON, so that blanks and control characters are seen, and cuts it to a length fit for a message. */
export function quoted(text: string, maxCharacters = MAX_SHOWN): string {
  return text.length <= maxCharacters ? JSON.stringify(text) : JSON.stringify(`${text.slice(0, maxCharacters)}…`)
}

/** Makes a string from a peer fit for a message or a log: cut, with control and format characters replaced by U+FFFD. */
export function printable(text: string, maxCharacters = 120): string {
  const cut = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
