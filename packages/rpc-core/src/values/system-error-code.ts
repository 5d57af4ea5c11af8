import { isErrorLike } from './guards.ts'

/** Returns the code of an operating system error, such as `'ENOENT'`; `undefined` for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  return isErrorLike(error) && 'code' in error ? String(error.code) : undefined
}
