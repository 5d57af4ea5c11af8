import { RpcError } from '../rpc-error.ts'
import { StatusCode } from '../status-code.ts'
import { Checker, formatIssue } from './checker.ts'
import type { Type } from './type.ts'

/**
 * Completes a value with defaults and checks it against its type. A custom codec needs no other check before it writes a
 * value or after it has read one.
 *
 * @param code the code of the error
 * @default code is `INVALID_ARGUMENT`
 * @throws RpcError with `code`, naming the path: `points[2].x: expected an integer (int), found a string`
 */
export function check<T, I>(type: Type<T, I>, value: unknown, code: StatusCode = StatusCode.INVALID_ARGUMENT): T {
  const checker = new Checker()
  const complete = type.check(value, checker)
  if (checker.issues.length === 0) return complete
  throw new RpcError(code, checker.issues.map(formatIssue).join('; '))
}
