import { expect, it } from 'vitest'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { TransportError, type TransportErrorKind } from '../../transport.ts'
import { NOT_ADMITTED, TOO_MANY } from '../alpn.ts'
import { toRpcError } from './transport-status.ts'

it.each<[TransportErrorKind, number | undefined, StatusCode]>([
  ['reset', 0, StatusCode.UNAVAILABLE],
  ['stopped', 0, StatusCode.UNAVAILABLE],
  ['closed', 0, StatusCode.UNAVAILABLE],
  ['closed', NOT_ADMITTED, StatusCode.PERMISSION_DENIED],
  ['closed', TOO_MANY, StatusCode.RESOURCE_EXHAUSTED],
  ['reset', NOT_ADMITTED, StatusCode.UNAVAILABLE],
  ['lost', undefined, StatusCode.UNAVAILABLE],
  ['unreachable', undefined, StatusCode.UNAVAILABLE],
  ['misuse', undefined, StatusCode.INTERNAL],
])('maps %s with code %o to the status %i', (kind, code, status) => {
  const cause = new TransportError(kind, 'what happened', { code })
  expect(toRpcError(cause)).toMatchObject({ code: status, message: 'what happened', cause })
})

it('returns an RpcError unchanged, and treats any other value as an internal fault', () => {
  const error = new RpcError(StatusCode.DATA_LOSS, 'x')
  expect(toRpcError(error)).toBe(error)
  expect(toRpcError(new TypeError('x'))).toMatchObject({ code: StatusCode.INTERNAL })
})
