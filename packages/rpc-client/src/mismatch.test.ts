import { RpcError, StatusCode } from '@aster/rpc-core'
import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import { expect, it } from 'vitest'
import { format as plain } from '../test/scripted-wire.ts'
import { explainStatus } from './mismatch.ts'

const format = { ...plain, mismatchHint: 'the definitions differ' }
const explain = (code: StatusCode, message: string, from = format): string =>
  explainStatus(from, new RpcError(code, message)).message

it.each([
  [StatusCode.UNKNOWN, "Can't import class Tag from module ns"],
  [StatusCode.INTERNAL, "Can't import module ns"],
  [StatusCode.UNKNOWN, 'Hash 5 is not consistent with -7 for type <class X>'],
  [StatusCode.UNKNOWN, 'Empty module name'],
])('adds the hint and advice to messages of pyfory about another definition: %i %s', (code, message) => {
  expect(explain(code, message)).toBe(`${message} (the definitions differ); ${CHANGE_ADVICE}`)
  // The advice is added even if the contract ids are equal.
  expect(explainStatus(plain, new RpcError(code, message)).message).toBe(`${message}; ${CHANGE_ADVICE}`)
})

it.each([
  [StatusCode.UNKNOWN, "'int' object has no attribute 'upper'"],
  [StatusCode.INTERNAL, 'Buffer out of bound: 12 + 4 > 13'],
  [StatusCode.UNIMPLEMENTED, 'no such method'],
  [StatusCode.DATA_LOSS, 'the message ends early'],
  [StatusCode.CONTRACT_VIOLATION, 'x: no such field in a/B'],
  [StatusCode.UNAVAILABLE, 'Stream ended'],
  [StatusCode.INVALID_ARGUMENT, 'the requests ended before the first one'],
])('adds the hint to errors that a difference can cause: %i %s', (code, message) => {
  expect(explain(code, message)).toBe(`${message} (the definitions differ)`)
  expect(explainStatus(plain, new RpcError(code, message)).message).toBe(message)
})

it.each([
  [StatusCode.NOT_FOUND, 'no such order'],
  [StatusCode.UNAVAILABLE, 'overloaded'],
  [StatusCode.INVALID_ARGUMENT, 'an order needs a name'],
  [StatusCode.PERMISSION_DENIED, 'not yours'],
  [StatusCode.DEADLINE_EXCEEDED, 'too late'],
])('leaves other errors alone: %i %s', (code, message) => {
  const error = new RpcError(code, message)
  expect(explainStatus(format, error)).toBe(error)
})

it('keeps what an error has, and puts the hint before the advice', () => {
  const error = new RpcError(StatusCode.CONTRACT_VIOLATION, `cannot decode; ${CHANGE_ADVICE}`, { details: { a: 'b' } })
  const explained = explainStatus(format, error)
  expect(explained).toMatchObject({ code: StatusCode.CONTRACT_VIOLATION, details: { a: 'b' }, cause: error })
  expect(explained.message).toBe(`cannot decode (the definitions differ); ${CHANGE_ADVICE}`)
})

it('asks for the hint with each error', () => {
  let hint: string | undefined
  const asked = { ...plain, mismatchHint: () => hint }
  const error = new RpcError(StatusCode.UNKNOWN, 'x')
  expect(explainStatus(asked, error)).toBe(error)
  hint = 'now they differ'
  expect(explainStatus(asked, error).message).toBe('x (now they differ)')
})
