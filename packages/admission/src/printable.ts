/** A peer's text, fit for a message or a log: cut, and without what steers a terminal. */
export function printable(text: string, maxCharacters = 120): string {
  const cut = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
