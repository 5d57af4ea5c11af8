import { isErrorLike } from './guards.ts'

/** Converts any thrown value to a string, even if the conversion fails. Never throws. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return `a thrown ${typeof thrown}`
  }
}

/** Returns the message of an error from any realm, or any other thrown value as a string. Never throws. */
export function errorMessage(thrown: unknown): string {
  return isErrorLike(thrown) ? memberText(thrown, 'message') : textOf(thrown)
}

/** Returns a member of an error as a string, even if its getter throws or its value is not a string. Never throws. */
export function memberText(error: object, member: 'name' | 'message'): string {
  try {
    const value: unknown = (error as Record<string, unknown>)[member]
    return typeof value === 'string' ? value : value === undefined ? '' : textOf(value)
  } catch {
    return `an error whose ${member} cannot be read`
  }
}
