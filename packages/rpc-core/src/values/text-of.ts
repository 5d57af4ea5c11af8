import { isErrorLike } from './guards.ts'

/** Returns the text of anything that can be thrown, also if it has none. Never throws. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return `a thrown ${typeof thrown}`
  }
}

/** Returns the message of an error of any realm, and the text of anything else that can be thrown. Never throws. */
export function errorMessage(thrown: unknown): string {
  return isErrorLike(thrown) ? memberText(thrown, 'message') : textOf(thrown)
}

/** Returns a member of an error as a string, also if a getter throws or the member is no string. Never throws. */
export function memberText(error: object, member: 'name' | 'message'): string {
  try {
    const value: unknown = (error as Record<string, unknown>)[member]
    return typeof value === 'string' ? value : value === undefined ? '' : textOf(value)
  } catch {
    return `an error whose ${member} cannot be read`
  }
}
