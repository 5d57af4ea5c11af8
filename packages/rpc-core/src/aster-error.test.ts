import { beforeAll, describe, expect, it, vi } from 'vitest'
import { AsterError } from './aster-error.ts'
import { RpcError } from './rpc-error.ts'
import { StatusCode } from './status-code.ts'
import { Timestamp } from './schema/timestamp-value.ts'
import { TransportError } from './transport.ts'

describe('AsterError', () => {
  it('distinguishes its subclasses', () => {
    const error = new RpcError(StatusCode.NOT_FOUND, 'no')
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(AsterError)
    expect(error).toBeInstanceOf(RpcError)
    expect(error).not.toBeInstanceOf(TransportError)
    class Special extends RpcError {}
    expect(error).not.toBeInstanceOf(Special)
    expect(new Special(StatusCode.UNKNOWN, '')).toBeInstanceOf(RpcError)
  })

  it('keeps its message and the members of its subclass in JSON', () => {
    expect(JSON.parse(JSON.stringify(new AsterError('gone')))).toEqual({ name: 'AsterError', message: 'gone' })
    const lost = JSON.parse(JSON.stringify(new TransportError('lost', 'gone'))) as object
    expect(lost).toMatchObject({ name: 'TransportError', message: 'gone', kind: 'lost' })
  })

  it('does not recognise an object that merely looks like an error', () => {
    for (const value of [
      new Error('x'),
      Object.assign(new Error('x'), { name: 'AsterError' }),
      { name: 'RpcError' },
      null,
      undefined,
      'RpcError',
    ]) {
      expect(value).not.toBeInstanceOf(AsterError)
      expect(value).not.toBeInstanceOf(RpcError)
    }
  })

  it('keeps its cause, even if it is undefined', () => {
    const cause = new Error('below')
    expect(new AsterError('above', { cause }).cause).toBe(cause)
    expect('cause' in new AsterError('above', { cause: undefined })).toBe(true)
    expect('cause' in new AsterError('above')).toBe(false)
  })

  it('shows only its name and its message', () => {
    expect(Object.keys(new AsterError('x'))).toEqual(['name'])
    expect(String(new AsterError('x'))).toBe('AsterError: x')
  })
})

describe('a second copy of the package', () => {
  let copy: {
    AsterError: typeof AsterError
    RpcError: typeof RpcError
    TransportError: typeof TransportError
    Timestamp: typeof Timestamp
  }
  beforeAll(async () => {
    vi.resetModules()
    copy = await import('./index.ts')
    expect(copy.RpcError).not.toBe(RpcError)
  })

  it('makes errors that the first copy recognises', () => {
    const error = new copy.RpcError(StatusCode.NOT_FOUND, 'no')
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toBeInstanceOf(AsterError)
    expect(error).not.toBeInstanceOf(TransportError)
    expect(new copy.TransportError('lost', 'gone')).toBeInstanceOf(TransportError)
    expect(new copy.TransportError('lost', 'gone')).not.toBeInstanceOf(RpcError)
    expect(new RpcError(StatusCode.NOT_FOUND, 'no')).toBeInstanceOf(copy.RpcError)
    expect(RpcError.from(error)).toBe(error)
  })

  it('makes timestamps that the first copy recognises', () => {
    expect(new copy.Timestamp(1)).toBeInstanceOf(Timestamp)
    expect(new copy.Timestamp(1).equals(new Timestamp(1))).toBe(true)
    expect({ seconds: 1, nanoseconds: 0 }).not.toBeInstanceOf(Timestamp)
  })
})
