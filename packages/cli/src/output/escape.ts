/**
 * Makes a string of a peer or file safe for a terminal, on one line. Control and format characters, which could move the
 * cursor or reverse the text, become escapes.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`
  })
}

/** The largest number of characters in a cell of a table. A longer name would widen its whole column. */
const MAX_CELL = 80

/** Escapes and shortens a string of a peer or file for a cell of a table. */
export function formatCell(text: string): string {
  return escapeControls(text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text)
}

/**
 * Escapes every character that `escapeControls` escapes, except line breaks and the colours of this tool. All output passes
 * this function last.
 */
export function escapeOutput(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the colours of styleText
  return text.replace(/(\u001b\[\d{1,2}m)|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (found: string, colour?: string) =>
    colour === undefined ? escapeControls(found) : found,
  )
}

/** Escapes a part of the command line, and masks everything in it that may be a key. */
export function maskKeys(text: string): string {
  return escapeControls(text).replace(/[\w+/=-]{40,}/g, '****')
}
