/**
 * Makes a string from elsewhere fit for a terminal, on one line: control and format characters, which could move the cursor
 * or turn the text around, become escapes.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`
  })
}

/** Escapes a part of the command line, and replaces everything in it that may be a key. */
export function maskKeys(text: string): string {
  return escapeControls(text).replace(/[\w+/=-]{40,}/g, '****')
}
