import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { bidiStream, type Codec, defineService, type Init, serverStream, t, unary } from '@aster/rpc-core'
import { CallHeader, type Frame, FrameFlag, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'

export const Item = t.struct('tests/Item', { text: t.string, count: t.int })

const methods = { echo: unary(Item, Item), count: serverStream(Item, Item), chat: bidiStream(Item, Item) }
export const Shared = defineService({ name: 'Shared', methods })
export const InSession = defineService({ name: 'InSession', scope: 'session', methods })

export const json = new JsonCodec()
export const xlang = new ForyCodec()

/** Makers of frames as a consumer sends them. Omitted fields have their defaults. */
export const header = (fields: Init<typeof StreamHeader>, codec: Codec = json): Frame => ({
  flags: FrameFlag.HEADER,
  payload: codec.encode(StreamHeader, { version: 1, serializationMode: codec.mode, ...fields }),
})
export const call = (fields: Init<typeof CallHeader>, codec: Codec = json): Frame => ({
  flags: FrameFlag.CALL,
  payload: codec.encode(CallHeader, fields),
})
export const data = (fields: Init<typeof Item>, codec: Codec = json): Frame => ({
  flags: 0,
  payload: codec.encode(Item, fields),
})
export const trailer = (code: number, codec: Codec = json): Frame => ({
  flags: FrameFlag.TRAILER,
  payload: codec.encode(RpcStatus, { code }),
})
export const cancel: Frame = { flags: FrameFlag.CANCEL, payload: new Uint8Array(0) }
