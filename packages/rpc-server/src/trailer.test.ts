import { type ByteStream, type Codec, RpcError, StatusCode } from '@aster/rpc-core'
import { decodeStatus, FrameFlag, FrameReader, FrameStream } from '@aster/rpc-core/protocol'
import { expect, it } from 'vitest'
import { json, xlang } from '../test/raw-frames.ts'
import { sendTrailer } from './trailer.ts'

/** Returns the status that the consumer reads. */
async function sent(error: RpcError | undefined, codec: Codec = json): Promise<unknown> {
  const reader = new FrameReader()
  const stream: Partial<ByteStream> = { write: async (bytes) => reader.push(bytes) }
  const frames = new FrameStream(stream as ByteStream)
  sendTrailer(frames, { codec }, error)
  await frames.finish()
  const frame = reader.next()
  expect(frame?.flags).toBe(FrameFlag.TRAILER)
  return frame && decodeStatus(frame.payload, codec, undefined)
}

it('is OK without an error', async () => {
  expect(await sent(undefined)).toEqual({ code: 0, message: '', detailKeys: [], detailValues: [] })
})

it('carries code, message and details of an error', async () => {
  const error = new RpcError(StatusCode.ABORTED, 'no', { details: { why: 'because' } })
  const status = { code: 10, message: 'no', detailKeys: ['why'], detailValues: ['because'] }
  expect(await sent(error)).toEqual(status)
  expect(await sent(error, xlang)).toEqual(status)
})

it('keeps the code of an error whose message cannot be sent', async () => {
  expect(await sent(new RpcError(StatusCode.ABORTED, '\ud800'), xlang)).toMatchObject({ code: 10, message: '\ufffd' })
})

it('keeps the code if the codec cannot write the message or the details', async () => {
  const poor: Codec = {
    mode: json.mode,
    encode: (type, value) => {
      if (Object(value).message !== '') throw new Error('too much')
      return json.encode(type, value)
    },
    decode: (type, bytes) => json.decode(type, bytes),
  }
  const error = new RpcError(StatusCode.ABORTED, 'no', { details: { why: 'because' } })
  expect(await sent(error, poor)).toEqual({ code: 10, message: '', detailKeys: [], detailValues: [] })
})
