/**
 * Makes a string from elsewhere fit for a terminal, on one line: control and format characters, which could move the cursor
 * or turn the text around, become escapes.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`
  })
}

/** Characters of a name that a cell of a table shows: it makes all cells of its column as wide. */
const MAX_CELL = 80

/** Escapes and cuts a string from elsewhere for a cell of a table. */
export function formatCell(text: string): string {
  return escapeControls(text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text)
}

/**
 * Escapes what no line of this tool has: everything that `escapeControls` escapes but line breaks and its own colours. The
 * last step of every output, whatever it was made of.
 */
export function escapeOutput(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the colours of styleText
  return text.replace(/(\u001b\[\d{1,2}m)|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (found: string, colour?: string) =>
    colour === undefined ? escapeControls(found) : found,
  )
}

/** Escapes a part of the command line, and replaces everything in it that may be a key. */
export function maskKeys(text: string): string {
  return escapeControls(text).replace(/[\w+/=-]{40,}/g, '****')
}
