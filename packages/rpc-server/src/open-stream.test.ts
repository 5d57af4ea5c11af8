import { implement, type Codec, RpcError, SerializationMode, StatusCode } from '@aster/rpc-core'
import { AbortScope, type Frame, FrameFlag } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { data, header, InSession, json, Shared, xlang } from '../test/raw-frames.ts'
import { StreamFormats } from './formats.ts'
import { KnownHeaders } from './known-headers.ts'
import { openStream } from './open-stream.ts'
import { ServiceRegistry } from './registry.ts'

const handlers = { echo: () => ({}), count: () => [], chat: () => [] }
const registry = new ServiceRegistry([implement(Shared, handlers), implement(InSession, () => handlers)])

const open = (frame: Frame, { codecs = [xlang, json] as Codec[], scope = new AbortScope() } = {}) =>
  openStream(frame, { registry, formats: new StreamFormats({ codecs }) }, scope)

const echo = { service: 'Shared', method: 'echo' }
const tooMuchMetadata = { metadataKeys: ['k'.repeat(257)], metadataValues: ['v'] }

describe('the first frame of a stream', () => {
  it('opens a call of a shared service, with all fields of the header', () => {
    const fields = { callId: 'one', deadlineEpochMs: 5, metadataKeys: ['a', 'b'], metadataValues: ['1', '2'] }
    expect(open(header({ ...echo, ...fields }))).toMatchObject({
      kind: 'call',
      service: { implementation: { definition: Shared } },
      call: {
        service: Shared,
        method: Shared.methods.echo,
        callId: 'one',
        deadlineEpochMs: 5,
        metadata: { a: '1', b: '2' },
      },
      format: { codec: json, statusCodec: xlang },
    })
  })

  it('opens a session of a session service', () => {
    expect(open(header({ service: 'InSession', callId: 'one' }))).toMatchObject({
      kind: 'session',
      service: { implementation: { definition: InSession } },
      callId: 'one',
      format: { codec: json },
    })
  })

  it('gets a new id if it has none', () => {
    const opened = [open(header(echo)), open(header(echo)), open(header({ service: 'InSession' }))]
    const ids = opened.map((one) => (one.kind === 'call' ? one.call.callId : one.kind === 'session' && one.callId))
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/./)
  })

  it.each<[string, Frame, Codec, Codec]>([
    ['JSON, mode 3', header(echo), json, xlang],
    ['JSON, mode 0, as a typed Python stub sends', header({ ...echo, serializationMode: 0 }), json, xlang],
    ['JSON, an unknown mode', header({ ...echo, serializationMode: 7 }), json, xlang],
    ['XLANG, mode 0', header(echo, xlang), xlang, json],
    ['XLANG, mode 3', header({ ...echo, serializationMode: 3 }, xlang), json, xlang],
  ])('decides the format of the messages: %s', (_what, frame, codec, statusCodec) => {
    expect(open(frame)).toMatchObject({ kind: 'call', format: { codec, statusCodec } })
  })
})

describe('a stream that cannot be served is answered with', () => {
  const { INTERNAL, INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, UNIMPLEMENTED, RESOURCE_EXHAUSTED } = StatusCode
  const jsonBytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const noHeader = 'the first frame of a stream must be an uncompressed HEADER'

  it.each<[string, Frame, StatusCode, string, Codec]>([
    ['a frame that is no HEADER', data({ text: 'hi' }), INTERNAL, noHeader, xlang],
    ['a compressed HEADER', { ...header(echo), flags: FrameFlag.HEADER | 1 }, INTERNAL, noHeader, xlang],
    [
      'a JSON header that ends early',
      { flags: FrameFlag.HEADER, payload: jsonBytes('{"service":') },
      INTERNAL,
      "the stream's header cannot be read: ",
      xlang,
    ],
    [
      'a header that is neither JSON nor XLANG',
      { flags: FrameFlag.HEADER, payload: Uint8Array.of(1, 2, 3) },
      INTERNAL,
      "the stream's header cannot be read: ",
      xlang,
    ],
    [
      'a mode without a codec',
      header({ ...echo, serializationMode: 2 }, xlang),
      INVALID_ARGUMENT,
      'serializationMode 2 is not understood here (understood: 0, 3)',
      xlang,
    ],
    ['no service', header({ method: 'echo' }), INVALID_ARGUMENT, 'the call names no service', json],
    ['an unknown service', header({ service: 'Other' }), NOT_FOUND, "service 'Other' is not offered here", json],
    [
      'an unknown version',
      header({ ...echo, version: 2 }, xlang),
      NOT_FOUND,
      "service 'Shared' v2 is not offered here (offered: v1)",
      xlang,
    ],
    [
      'a session of a shared service',
      header({ service: 'Shared' }),
      FAILED_PRECONDITION,
      "service 'Shared' is a shared service: it has no sessions",
      json,
    ],
    [
      'a call of a session service',
      header({ service: 'InSession', method: 'echo' }),
      FAILED_PRECONDITION,
      "service 'InSession' is a session service: open a session to call it",
      json,
    ],
    [
      'an unknown method',
      header({ service: 'Shared', method: 'other' }),
      UNIMPLEMENTED,
      "service 'Shared' has no method 'other'",
      json,
    ],
    ['too much metadata', header({ ...echo, ...tooMuchMetadata }), RESOURCE_EXHAUSTED, 'metadata: the key', json],
  ])('its error, in a format that the consumer reads: %s', (_what, frame, code, message, codec) => {
    expect(open(frame)).toMatchObject({
      kind: 'failed',
      error: { code, message: expect.stringContaining(message) },
      format: { codec },
    })
  })

  it('the first error, if there are several', () => {
    const refused = new AbortScope()
    refused.abort(new RpcError(StatusCode.UNAVAILABLE, 'enough'))
    const wrong = { service: 'Other', method: 'other', serializationMode: 2, ...tooMuchMetadata }
    const codeOf = (frame: Frame, scope = refused): StatusCode | undefined => {
      const opened = open(frame, { scope })
      return opened.kind === 'failed' ? opened.error.code : undefined
    }
    expect(codeOf({ ...header(wrong, xlang), flags: 0 })).toBe(INTERNAL)
    expect(codeOf(header(wrong, xlang))).toBe(INVALID_ARGUMENT)
    expect(codeOf(header({ ...wrong, serializationMode: 0 }, xlang))).toBe(StatusCode.UNAVAILABLE)
    expect(codeOf(header(echo))).toBe(StatusCode.UNAVAILABLE)
    const scope = new AbortScope()
    expect(codeOf(header(wrong), scope)).toBe(NOT_FOUND)
    expect(codeOf(header({ ...wrong, service: 'InSession' }), scope)).toBe(FAILED_PRECONDITION)
    expect(codeOf(header({ ...wrong, service: 'Shared' }), scope)).toBe(UNIMPLEMENTED)
    expect(codeOf(header({ ...wrong, ...echo }), scope)).toBe(RESOURCE_EXHAUSTED)
    expect(codeOf(header(echo), scope)).toBeUndefined()
  })

  it('its error in the format of the header, if only the mode is unknown', () => {
    const other: Codec = {
      mode: 5 as SerializationMode,
      encode: (type, value) => json.encode(type, value),
      decode: (type, bytes) => json.decode(type, bytes),
    }
    const opened = open(header({ ...echo, serializationMode: 2 }), { codecs: [other, xlang] })
    expect(opened).toMatchObject({ kind: 'failed', error: { code: INVALID_ARGUMENT }, format: { codec: other } })
  })

  it('its error in the only format that there is', () => {
    const frame = { flags: FrameFlag.HEADER, payload: Uint8Array.of(1) }
    expect(open(frame, { codecs: [json] })).toMatchObject({ kind: 'failed', format: { codec: json } })
    expect(open(header(echo), { codecs: [xlang] })).toMatchObject({ kind: 'failed', format: { codec: xlang } })
    expect(xlang.mode).toBe(SerializationMode.XLANG)
  })
})

describe.each([
  ['XLANG', xlang],
  ['JSON', json],
])('headers of a connection, in %s', (_name, codec) => {
  const codecs = [xlang, json]
  const formats = new StreamFormats({ codecs })
  const count = { service: 'Shared', method: 'count' }
  const fields = [
    ...['abc-1', 'abc-2', 'abc-3', 'abc-10', 'abc-11', 'abc-12', 'ABC-1', 'ABC-2', 'ABC-3'].map((callId) => ({
      callId,
    })),
    { callId: 'abc-4', metadataKeys: ['a'], metadataValues: ['1'] },
    { callId: 'abc-5', deadlineEpochMs: 5 },
    { callId: 'abc-6', version: 9 },
    { callId: 'abc-7' },
  ]
  const headers = [...fields, ...fields].flatMap((one) => [
    header({ ...echo, ...one }, codec),
    header({ ...count, ...one }, codec),
  ])

  it('open the same calls if earlier headers are known and if they are not', () => {
    const known = new KnownHeaders()
    for (const frame of headers)
      expect(openStream(frame, { registry, formats, known }, new AbortScope())).toEqual(
        openStream(frame, { registry, formats }, new AbortScope()),
      )
  })

  it('are decoded until two headers of a method were alike', () => {
    let decoded = 0
    const counting: Codec = {
      mode: codec.mode,
      encode: (type, value) => codec.encode(type, value),
      decode(type, bytes) {
        decoded += 1
        return codec.decode(type, bytes)
      },
    }
    const context = { registry, formats: new StreamFormats({ codecs: [counting] }), known: new KnownHeaders() }
    const openAs = (callId: string) => openStream(header({ ...echo, callId }, codec), context, new AbortScope())
    const opened = ['abc-1', 'abc-2', 'abc-3', 'abc-4'].map(openAs)
    expect(decoded).toBe(2)
    const metadata = opened.map((one) => one.kind === 'call' && one.call.metadata)
    expect(new Set(metadata).size).toBe(4)
    for (const [i, one] of opened.entries())
      expect(one).toMatchObject({ kind: 'call', call: { callId: `abc-${i + 1}` } })
  })

  it('are refused on a stream that is refused', () => {
    const known = new KnownHeaders()
    const openAs = (callId: string, scope = new AbortScope()) =>
      openStream(header({ ...echo, callId }, codec), { registry, formats, known }, scope)
    for (const callId of ['abc-1', 'abc-2', 'abc-3']) openAs(callId)
    const scope = new AbortScope()
    scope.abort(new RpcError(StatusCode.UNAVAILABLE, 'shutting down'))
    expect(openAs('abc-4', scope)).toMatchObject({ kind: 'failed', error: { code: StatusCode.UNAVAILABLE } })
  })

  it('are known for many methods and lengths, of which the oldest is forgotten', () => {
    const known = new KnownHeaders()
    for (let length = 1; length < 40; length++)
      for (const last of ['1', '2', '3']) {
        const callId = 'x'.repeat(length) + last
        expect(
          openStream(header({ ...echo, callId }, codec), { registry, formats, known }, new AbortScope()),
        ).toMatchObject({
          kind: 'call',
          call: { callId },
        })
      }
  })
})
