/**
 * A text from elsewhere, fit for a terminal on one line: control and format characters, which could move the cursor or
 * turn the text around, are written as escapes.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`
  })
}

/** The same with what may be a key replaced: for what the command line had in the wrong place. */
export function masked(text: string): string {
  return plain(text).replace(/[\w+/=-]{40,}/g, '****')
}
