/** The most characters of a string that a message shows by default. */
const MAX_SHOWN = 80

/**
 * Describes a value without the content of strings, objects and lists, which may be secret: `'a string'`, `'the integer
 * 5'`, `'an object of class Date'`. Numbers and booleans are shown.
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
    return typeof name === 'string' && name !== 'Object' && name !== ''
      ? `an object of class ${printable(name, 40)}`
      : 'an object'
  }
  return `a ${typeof value}`
}

/** Describes a value that is not secret: quotes a string, and describes any other value as `describe` does. */
export function describeShown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : describe(value)
}

/** Describes a value that may be secret: a string by its length, any other value by its type. */
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

/**
 * Quotes a string as JSON does, cut to a length that fits a message. White space and every character that `printable` would
 * replace are visible, the latter as `\uXXXX`.
 *
 * @param maxCharacters the most characters before the cut
 * @default maxCharacters is 80
 */
export function quoted(text: string, maxCharacters = MAX_SHOWN): string {
  return escapeUnprintable(JSON.stringify(cut(text, maxCharacters)))
}

/**
 * Control and format characters (C0, DEL, C1, bidi marks, soft hyphens, joiners and so on), line and paragraph separators
 * and lone surrogates. They may move a cursor, reverse a line, or make two different strings look alike.
 */
const CLASSES = '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}'
const UNPRINTABLE = new RegExp(`[${CLASSES}]`, 'gu')
const UNPRINTABLE_BUT_LINES = new RegExp(`(?![\\t\\n])[${CLASSES}]`, 'gu')
const HAS_UNPRINTABLE = new RegExp(`[${CLASSES}]`, 'u')
const ASCII = /^[ -~]*$/

/** Returns whether a string has none of the characters that `printable` replaces. */
export function isPrintable(text: string): boolean {
  return ASCII.test(text) || !HAS_UNPRINTABLE.test(text)
}

/**
 * Makes a peer's string safe for a message, a log or a terminal: cuts it, joins its lines, and replaces control and format
 * characters by U+FFFD. Every string of a peer that becomes part of a message passes through this function,
 * `printableLines` or `quoted`.
 *
 * @param maxCharacters the most characters before the cut
 * @default maxCharacters is 120
 */
export function printable(text: string, maxCharacters = 120): string {
  const shown = cut(text, maxCharacters)
  return ASCII.test(shown) ? shown : shown.replace(UNPRINTABLE, '\uFFFD')
}

/** Like `printable`, but keeps line breaks and tabs: `\n` and `\t` stay, and `\r\n` becomes `\n`. */
export function printableLines(text: string, maxCharacters: number): string {
  const shown = cut(text, maxCharacters)
  return ASCII.test(shown) ? shown : shown.replaceAll('\r\n', '\n').replace(UNPRINTABLE_BUT_LINES, '\uFFFD')
}

/**
 * Escapes the characters in JSON that `JSON.stringify` leaves unescaped and `printable` would replace, such as C1 controls
 * and bidi marks. The data stays the same, and so do line breaks between members.
 */
export function escapeUnprintable(json: string): string {
  return json.replace(UNPRINTABLE_BUT_LINES, (character) => {
    let escaped = ''
    for (let i = 0; i < character.length; i++) escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

/**
 * Joins names that a peer chose for a message: the first names, then the number of the others.
 *
 * @default maxNames is 20
 */
export function listPrintable(names: readonly string[], maxNames = 20): string {
  const shown = names.slice(0, maxNames).map((name) => printable(name))
  if (names.length > maxNames) shown.push(`${names.length - maxNames} more`)
  return shown.join(', ')
}

function cut(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text
}
