import { expect, it } from 'vitest'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { isReceived, markReceived } from './received.ts'

it('recognises only errors that were marked', () => {
  const error = new RpcError(StatusCode.UNAVAILABLE, 'the database is down')
  expect(isReceived(error)).toBe(false)
  expect(markReceived(error)).toBe(error)
  expect(markReceived(error)).toBe(error)
  expect(isReceived(error)).toBe(true)
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  for (const other of [new RpcError(StatusCode.UNAVAILABLE, 'x', { cause: error }), undefined, null, 'text', proxy])
    expect(isReceived(other)).toBe(false)
})
