/** The quotes of shells and of word processors. */
const OPENING = /^["'`“”„‟‘’‚«]/
const CLOSING = /["'`“”‟‘’»]$/

/** The quotes or the comment around a value, in words for the message of an issue. */
export interface Wrapping {
  readonly found: string
  readonly expected: string
}

/**
 * Describes quotes or a comment around a value, which shells remove but env files keep. The words complete the sentences
 * "found …" and "expected …". Returns `undefined` if neither surrounds the value.
 *
 * @param strict whether the value would be valid with the quotes or the comment. They are then
 *   reported only if they can hardly be a part of the value
 */
export function describeWrapping(text: string, strict: boolean): Wrapping | undefined {
  // A value of several lines is the content of a file, which may have quotes and comments of its own.
  if (text.includes('\n')) return undefined
  const comment = strict ? /\s#(\s|$)/ : /\s#/
  const value = text.split(comment, 1)[0]?.trim() ?? ''
  const isQuoted = strict ? OPENING.test(value) && CLOSING.test(value) : OPENING.test(value) || CLOSING.test(value)
  if (isQuoted) {
    return { found: 'in quotes', expected: 'the value without quotes, which env files and manifests do not remove' }
  }
  if (!comment.test(text)) return undefined
  return { found: 'with a comment (#) behind it', expected: 'the value alone, without a comment' }
}
