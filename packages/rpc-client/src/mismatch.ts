// Errors that may result from different definitions on the two sides.
import { RpcError, StatusCode } from '@aster/rpc-core'
import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import type { CallFormat } from './call-format.ts'

/**
 * The codes that a producer answers with if its definition differs: it cannot read a message, does not have the method, or has a
 * handler that fails on a request of another type. Python producers answer `UNKNOWN` and `INTERNAL` (quirk 11 of
 * docs/python-0.1.md).
 */
const SUSPECT: readonly number[] = [
  StatusCode.UNKNOWN,
  StatusCode.INTERNAL,
  StatusCode.UNIMPLEMENTED,
  StatusCode.DATA_LOSS,
  StatusCode.CONTRACT_VIOLATION,
]
/** Matches the messages, under any code, if the consumer calls a method of one request as a method of many requests. */
const NO_REQUEST = /^(?:Stream ended|the requests ended before the first one)/
/** Matches the messages of pyfory about a struct or enum that the producer defines differently, or not at all. */
const FORY_MISMATCH = /Hash \S+ is not consistent|Can't import \w+ |Empty module name|TypeUnregisteredError/

/** Adds the possible reason and advice to an error of the producer, if different definitions may have caused the error. */
export function explainStatus(format: CallFormat, error: RpcError): RpcError {
  const advised = FORY_MISMATCH.test(error.message) ? withMessage(error, endWithAdvice(error.message)) : error
  return SUSPECT.includes(error.code) || NO_REQUEST.test(error.message) ? addMismatchHint(format, advised) : advised
}

/** Adds the hint that the definitions differ, if there is one, to an error that such a difference may have caused. */
export function addMismatchHint({ mismatchHint }: Pick<CallFormat, 'mismatchHint'>, error: RpcError): RpcError {
  const hint = typeof mismatchHint === 'function' ? mismatchHint() : mismatchHint
  if (hint === undefined) return error
  const advice = `; ${CHANGE_ADVICE}`
  return error.message.endsWith(advice)
    ? withMessage(error, `${error.message.slice(0, -advice.length)} (${hint})${advice}`)
    : withMessage(error, `${error.message} (${hint})`)
}

function endWithAdvice(message: string): string {
  return message.endsWith(CHANGE_ADVICE) ? message : `${message}; ${CHANGE_ADVICE}`
}

function withMessage(error: RpcError, message: string): RpcError {
  const { code, details, cause } = error
  return new RpcError(code, message, { details, cause: cause ?? error })
}
