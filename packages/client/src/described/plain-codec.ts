import type { Codec, Type } from '@aster/rpc-core'
import { unwrap } from '@aster/rpc-core/schema'
import { fromPlain } from './from-plain.ts'
import { toPlain } from './to-plain.ts'

/** Returns a codec whose messages are plain values, like those of JSON mode without a definition. */
export function createPlainCodec(inner: Codec): Codec {
  return {
    mode: inner.mode,
    encode: (type, value) =>
      isOfProtocol(type) ? inner.encode(type, value) : inner.encode(type as Type, fromPlain(type, value)),
    decode: <T, I>(type: Type<T, I>, bytes: Uint8Array): T => {
      const value = inner.decode(type, bytes)
      return isOfProtocol(type) ? value : (toPlain(type, value) as T)
    },
  }
}

/** Returns true if a type is that of a header or a status. */
function isOfProtocol(outer: Type): boolean {
  const { type } = unwrap(outer)
  return type.kind === 'struct' && type.namespace === '_aster'
}
