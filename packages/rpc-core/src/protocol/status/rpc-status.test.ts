import { describe, expect, it, vi } from 'vitest'
import { type Codec, SerializationMode } from '../../codec.ts'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { decodeStatus, errorFromStatus, OK_STATUS, pairs } from './rpc-status.ts'
import { statusFromError } from './status-from-error.ts'

describe('status and error', () => {
  it('hold the same data', () => {
    const error = new RpcError(StatusCode.NOT_FOUND, 'no', { details: { a: '1', b: '2' } })
    const status = statusFromError(error)
    expect(status).toEqual({ code: 5, message: 'no', detailKeys: ['a', 'b'], detailValues: ['1', '2'] })
    expect(errorFromStatus(status)).toMatchObject({ code: 5, message: 'no', details: { a: '1', b: '2' } })
  })

  it('keep an unknown code', () => {
    expect(errorFromStatus({ ...OK_STATUS, code: 77 }).codeName).toBe('CODE_77')
  })
})

describe('the status of a hostile producer', () => {
  const hostile = (message: string, keys: string[] = [], values = keys) =>
    errorFromStatus({ code: 5, message, detailKeys: keys, detailValues: values })

  it('has a message that is cut and printable, and keeps its lines', () => {
    const { message } = hostile(`no\n\tat\u001b]0;x\u0007\u202e\u009b\u0000${'y'.repeat(1 << 20)}`)
    expect(message).toMatch(/^no\n\tat\uFFFD\]0;x\uFFFD{4}y+…$/)
    expect(message).toHaveLength(16_385)
  })

  it('has details up to the limits of metadata, unchanged', () => {
    expect(hostile('', ['\u001b'], ['\u202e']).details).toEqual({ '\u001b': '\u202e' })
    const many = Array.from({ length: 2_000_000 }, (_, i) => `k${i % 100}`)
    expect(Object.keys(hostile('', many).details)).toHaveLength(64)
    expect(hostile('', ['a', 'b'], ['x'.repeat(4_097), '1']).details).toEqual({ b: '1' })
    expect(
      Object.keys(
        hostile(
          '',
          ['a', 'b', 'c'],
          ['x', 'y', 'z'].map((one) => one.repeat(4_000)),
        ).details,
      ),
    ).toEqual(['a', 'b'])
    expect(hostile('', ['a', 'b'], ['1']).details).toEqual({ a: '1' })
  })
})

describe('pairs', () => {
  it('keeps the last of equal keys and drops a surplus', () => {
    expect(pairs(['a', 'b', 'a'], ['1', '2', '3', '4'])).toEqual({ a: '3', b: '2' })
    expect(pairs(['a', 'b'], ['1'])).toEqual({ a: '1' })
    expect(pairs([], [])).toEqual({})
  })

  it('treats no key as a prototype', () => {
    const found = pairs(['__proto__', 'constructor'], ['1', '2'])
    expect(Object.entries(found)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
  })
})

describe('decodeStatus', () => {
  const codec = (mode: SerializationMode): Codec =>
    ({ mode, encode: vi.fn(), decode: vi.fn(() => ({ mode })) }) as unknown as Codec
  const json = codec(SerializationMode.JSON)
  const xlang = codec(SerializationMode.XLANG)
  const jsonBytes = Uint8Array.of(0x7b, 0x7d)
  const foryBytes = Uint8Array.of(0x02, 0xff)

  it('reads an empty payload as OK', () => {
    expect(decodeStatus(new Uint8Array(0), json, xlang)).toEqual(OK_STATUS)
  })

  it('chooses the codec by the first byte', () => {
    expect(decodeStatus(jsonBytes, json, xlang)).toEqual({ mode: SerializationMode.JSON })
    expect(decodeStatus(foryBytes, json, xlang)).toEqual({ mode: SerializationMode.XLANG })
    expect(decodeStatus(foryBytes, xlang, json)).toEqual({ mode: SerializationMode.XLANG })
    expect(decodeStatus(jsonBytes, xlang, json)).toEqual({ mode: SerializationMode.JSON })
  })

  it('uses the codec of the stream if there is no fallback', () => {
    expect(decodeStatus(foryBytes, json, undefined)).toEqual({ mode: SerializationMode.JSON })
  })

  it('decodes the usual OK of a codec once', () => {
    const decode = vi.fn((_type: unknown, bytes: Uint8Array) => ({ ...OK_STATUS, code: bytes[0] === 1 ? 0 : 5 }))
    const codec = { mode: SerializationMode.XLANG, encode: () => new Uint8Array(0), decode } as unknown as Codec
    const payload = Uint8Array.of(1, 2)
    const codes = [payload, Uint8Array.of(1, 2), Uint8Array.of(1, 3), Uint8Array.of(2, 2), Uint8Array.of(1, 2, 0)].map(
      (bytes) => decodeStatus(bytes, codec, undefined).code,
    )
    expect([codes, decode.mock.calls.length]).toEqual([[0, 0, 0, 5, 0], 4])
    // The bytes belong to the reader, which may change them.
    const own = Uint8Array.of(1, 9)
    decodeStatus(own, codec, undefined)
    own[0] = 2
    expect(decodeStatus(own, codec, undefined).code).toBe(5)
  })
})
