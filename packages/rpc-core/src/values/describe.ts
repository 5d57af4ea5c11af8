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
    return typeof name === 'string' && name !== 'Object' && name !== ''
      ? `an object of class ${printable(name, 40)}`
      : 'an object'
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

/**
 * Quotes a string as in JSON, cut to a length fit for a message. Blanks and every character that `printable` would replace
 * are visible, the latter as `\uXXXX`.
 */
export function quoted(text: string, maxCharacters = MAX_SHOWN): string {
  return escapeUnprintable(JSON.stringify(cut(text, maxCharacters)))
}

/**
 * Control and format characters (C0, DEL, C1, bidi marks, soft hyphens, joiners …), line and paragraph separators and lone
 * surrogates. They may move a cursor, turn a line around, or make two texts look alike.
 */
const CLASSES = '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}'
const UNPRINTABLE = new RegExp(`[${CLASSES}]`, 'gu')
const UNPRINTABLE_BUT_LINES = new RegExp(`(?![\\t\\n])[${CLASSES}]`, 'gu')
const HAS_UNPRINTABLE = new RegExp(`[${CLASSES}]`, 'u')
const ASCII = /^[ -~]*$/

/** Whether a string has none of the characters that `printable` replaces. */
export function isPrintable(text: string): boolean {
  return ASCII.test(text) || !HAS_UNPRINTABLE.test(text)
}

/**
 * Makes a string from a peer fit for a message, a log or a terminal: cut, on one line, with control and format characters
 * replaced by U+FFFD. Every string of a peer that becomes part of such a text passes through this function, through
 * `printableLines` or through `quoted`.
 */
export function printable(text: string, maxCharacters = 120): string {
  const shown = cut(text, maxCharacters)
  return ASCII.test(shown) ? shown : shown.replace(UNPRINTABLE, '\uFFFD')
}

/** As `printable`, for a string that may have several lines: `\n` and `\t` stay, and `\r\n` becomes `\n`. */
export function printableLines(text: string, maxCharacters: number): string {
  const shown = cut(text, maxCharacters)
  return ASCII.test(shown) ? shown : shown.replaceAll('\r\n', '\n').replace(UNPRINTABLE_BUT_LINES, '\uFFFD')
}

/**
 * Escapes in JSON what `JSON.stringify` leaves as it is and `printable` would replace, such as C1 controls and bidi marks. The
 * data stays the same. Line breaks between members stay.
 */
export function escapeUnprintable(json: string): string {
  return json.replace(UNPRINTABLE_BUT_LINES, (character) => {
    let escaped = ''
    for (let i = 0; i < character.length; i++) escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

/** Lists names of a peer in a message: the first ones, and the number of the rest. */
export function listPrintable(names: readonly string[], maxNames = 20): string {
  const shown = names.slice(0, maxNames).map((name) => printable(name))
  if (names.length > maxNames) shown.push(`${names.length - maxNames} more`)
  return shown.join(', ')
}

function cut(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text
}
