import { describe, expect, it } from 'vitest'
import { RpcError } from './rpc-error.ts'
import { StatusCode, statusCodeName } from './status-code.ts'

describe('RpcError', () => {
  it("keeps the peer's text and shows the code before it", () => {
    const error = new RpcError(StatusCode.NOT_FOUND, 'no such point', { details: { id: '7' } })
    expect(error.message).toBe('no such point')
    expect(String(error)).toBe('RpcError NOT_FOUND: no such point')
    expect(error.codeName).toBe('NOT_FOUND')
    expect(error.details).toEqual({ id: '7' })
    expect(new RpcError(StatusCode.UNKNOWN, '').details).toEqual({})
  })

  it('keeps its code and its message in JSON, even within another value', () => {
    const error = new RpcError(StatusCode.NOT_FOUND, 'no such point', { details: { id: '7' }, cause: new Error('x') })
    const json = { name: 'RpcError', message: 'no such point', code: 5, codeName: 'NOT_FOUND', details: { id: '7' } }
    expect(JSON.parse(JSON.stringify(error))).toEqual(json)
    expect(JSON.parse(JSON.stringify({ failed: [error] }))).toEqual({ failed: [json] })
    class Special extends RpcError {
      readonly order = 3
    }
    expect(JSON.parse(JSON.stringify(new Special(StatusCode.UNKNOWN, 'y')))).toMatchObject({ message: 'y', order: 3 })
  })

  it('has a name for every code, known or not', () => {
    expect(statusCodeName(StatusCode.OK)).toBe('OK')
    expect(statusCodeName(101)).toBe('CONTRACT_VIOLATION')
    expect(statusCodeName(77)).toBe('CODE_77')
  })
})

describe('RpcError.from', () => {
  it('returns an RpcError unchanged', () => {
    const error = new RpcError(StatusCode.ABORTED, 'x')
    expect(RpcError.from(error, StatusCode.INTERNAL)).toBe(error)
  })

  it.each([
    ['an abort', new DOMException('This operation was aborted', 'AbortError'), StatusCode.CANCELLED],
    ['a time-out', new DOMException('timed out', 'TimeoutError'), StatusCode.DEADLINE_EXCEEDED],
    ['any other error', new TypeError('x is not a function'), StatusCode.UNKNOWN],
  ])('converts %s', (_, cause, code) => {
    const error = RpcError.from(cause)
    expect(error).toMatchObject({ code, message: cause.message, cause })
  })

  it('uses the given code for any other value', () => {
    expect(RpcError.from(new Error('x'), StatusCode.INTERNAL).code).toBe(StatusCode.INTERNAL)
    expect(RpcError.from('text', StatusCode.INTERNAL)).toMatchObject({
      code: StatusCode.INTERNAL,
      message: 'text',
      cause: 'text',
    })
    expect(RpcError.from(undefined)).toMatchObject({ code: StatusCode.UNKNOWN, message: 'undefined' })
  })

  it('never throws, whatever was thrown', () => {
    for (const thrown of [
      null,
      0,
      Symbol('s'),
      Object.create(null),
      {
        toString: () => {
          throw new Error('no')
        },
      },
      () => 1,
      1n,
    ]) {
      expect(RpcError.from(thrown)).toBeInstanceOf(RpcError)
    }
  })
})
