/** Quotes as shells write them, and as word processors do. */
const OPENING = /^["'`“”„‟‘’‚«]/
const CLOSING = /["'`“”‟‘’»]$/

/** What stands around a value, as parts of the sentence of a mistake. */
export interface Wrapping {
  readonly found: string
  readonly expected: string
}

/**
 * Returns what stands around a value that shells would take off and env files keep, in words that finish the sentences "found …"
 * and "expected …".
 *
 * @param strict whether the value would be accepted as it is: only what can hardly be meant counts then
 */
export function describeWrapping(text: string, strict: boolean): Wrapping | undefined {
  // More than one line is the content of a file, which has quotes and comments of its own.
  if (text.includes('\n')) return undefined
  const comment = strict ? /\s#(\s|$)/ : /\s#/
  const value = text.split(comment, 1)[0]?.trim() ?? ''
  const isQuoted = strict ? OPENING.test(value) && CLOSING.test(value) : OPENING.test(value) || CLOSING.test(value)
  if (isQuoted) {
    return { found: 'in quotes', expected: 'the value without quotes, which env files and manifests do not take off' }
  }
  if (!comment.test(text)) return undefined
  return { found: 'with a comment (#) behind it', expected: 'the value alone, without a comment' }
}
