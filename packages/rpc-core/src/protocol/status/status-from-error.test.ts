import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { isWellFormed } from '../../schema/string.ts'
import { errorFromStatus } from './rpc-status.ts'
import { statusFromError } from './status-from-error.ts'

const failing = (): never => {
  throw new Error('no')
}
const withMember = (member: string, value: PropertyDescriptor): RpcError =>
  Object.defineProperty(new RpcError(StatusCode.ABORTED, 'x', { details: { a: '1' } }), member, value)

describe('the code of a status', () => {
  it.each([
    [StatusCode.NOT_FOUND, StatusCode.NOT_FOUND],
    [StatusCode.CONTRACT_VIOLATION, StatusCode.CONTRACT_VIOLATION],
    [StatusCode.OK, StatusCode.INTERNAL],
    [-0, StatusCode.INTERNAL],
    [77, StatusCode.UNKNOWN],
    [-1, StatusCode.UNKNOWN],
    [1.5, StatusCode.UNKNOWN],
    [Number.NaN, StatusCode.UNKNOWN],
    [Infinity, StatusCode.UNKNOWN],
    ['NOT_FOUND', StatusCode.UNKNOWN],
    [undefined, StatusCode.UNKNOWN],
    [null, StatusCode.UNKNOWN],
    [{}, StatusCode.UNKNOWN],
    [5n, StatusCode.UNKNOWN],
  ])('of an error with the code %o is %i', (code, expected) => {
    expect(statusFromError(new RpcError(code as number, 'x'))).toMatchObject({ code: expected, message: 'x' })
  })

  it('is UNKNOWN for every other value except aborts and time-outs', () => {
    for (const thrown of [new Error('x'), 'x', undefined, null, 0, { code: 0 }, () => 1])
      expect(statusFromError(thrown).code).toBe(StatusCode.UNKNOWN)
    expect(statusFromError(AbortSignal.abort().reason).code).toBe(StatusCode.CANCELLED)
  })
})

describe('the message of a status', () => {
  it('is cut at 4,096 characters, but never within a character', () => {
    expect(statusFromError(new RpcError(5, 'e'.repeat(17 * 2 ** 20))).message).toBe('e'.repeat(4_096))
    expect(statusFromError(new RpcError(5, `${'e'.repeat(4_095)}😀`)).message).toBe('e'.repeat(4_095))
  })

  it('has no lone surrogates', () => {
    expect(statusFromError(new RpcError(5, 'cut \ud83d')).message).toBe('cut \ufffd')
  })

  it('is always a string', () => {
    expect(statusFromError(new RpcError(5, { a: 1 } as unknown as string)).message).toBe('[object Object]')
    expect(statusFromError(withMember('message', { value: 5 })).message).toBe('5')
    expect(statusFromError(withMember('message', { get: failing })).message).toBe(
      'an error whose message cannot be read',
    )
    expect(statusFromError(withMember('message', { value: { toString: failing } })).message).toBe('a thrown object')
  })
})

describe('the details of a status', () => {
  const details = (given: object): object => {
    const { detailKeys, detailValues } = statusFromError(
      new RpcError(5, 'no such order', { details: given as Record<string, string> }),
    )
    return Object.fromEntries(detailKeys.map((key, index) => [key, detailValues[index]]))
  }

  it('are converted one by one, so that one failure does not lose the others', () => {
    expect(details({ n: 5, none: undefined, nil: null, at: new Date(Number.NaN), ok: 'yes', half: '\ud83d' })).toEqual({
      n: '5',
      at: 'Invalid Date',
      ok: 'yes',
      half: '\ufffd',
    })
    expect(details(Object.defineProperty({ ok: 'yes' }, 'bad', { get: failing, enumerable: true }))).toEqual({
      ok: 'yes',
    })
  })

  it('stay within the limits of metadata', () => {
    expect(
      Object.keys(details(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 'v'])))),
    ).toHaveLength(64)
    expect(details({ ['k'.repeat(300)]: 'v'.repeat(5_000) })).toEqual({ ['k'.repeat(256)]: 'v'.repeat(4_096) })
    expect(
      Object.keys(details(Object.fromEntries(['a', 'b', 'c'].map((key) => [key, 'v'.repeat(4_000)])))),
    ).toHaveLength(2)
  })

  it('are empty if they are not an object', () => {
    for (const odd of [5, 'text', null, () => 1, Symbol('s')])
      expect(statusFromError(withMember('details', { value: odd })).detailKeys).toEqual([])
    expect(statusFromError(withMember('details', { get: failing })).detailKeys).toEqual([])
  })
})

it('converts any thrown value into a status other than OK that every codec can encode', () => {
  const odd = fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
    }),
    fc.constantFrom<unknown>(Symbol('s'), failing),
  )
  const members = fc.dictionary(fc.constantFrom('code', 'message', 'details', 'name', 'cause'), odd)
  const anError = fc.tuple(odd, odd, odd, members).map(([code, message, details, rest]) => {
    let error: object
    try {
      error = new RpcError(code as number, message as string, { details: details as Record<string, string> })
    } catch {
      // A message without a string form must not throw.
      error = new RpcError(5, 'x')
    }
    for (const [name, value] of Object.entries(rest)) Object.defineProperty(error, name, { value })
    return error
  })
  fc.assert(
    fc.property(fc.oneof(odd, anError), (thrown) => {
      const { code, message, detailKeys, detailValues } = statusFromError(thrown)
      expect(Object.values(StatusCode)).toContain(code)
      expect(code).not.toBe(StatusCode.OK)
      for (const text of [message, ...detailKeys, ...detailValues]) {
        expect(text).toBeTypeOf('string')
        expect(isWellFormed(text)).toBe(true)
      }
      expect(message.length).toBeLessThanOrEqual(4_096)
      expect(detailKeys.length).toBe(detailValues.length)
      expect(errorFromStatus({ code, message, detailKeys, detailValues })).toBeInstanceOf(RpcError)
    }),
    { numRuns: 2_000 },
  )
})

it('survives proxies that throw on every access', () => {
  const traps = { get: failing, has: failing, ownKeys: failing, getPrototypeOf: failing }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  for (const thrown of [new Proxy({}, traps), new Proxy(new RpcError(0, 'x'), traps), proxy])
    expect(statusFromError(thrown).code).toBe(StatusCode.UNKNOWN)
  for (const details of [new Proxy({}, traps), proxy])
    expect(statusFromError(new RpcError(5, 'x', { details })).detailKeys).toEqual([])
})
