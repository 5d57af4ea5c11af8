// A codec that writes readable JSON. `check` refuses values that do not fit their type; values that JSON lacks are not supported.
import { check, type Codec, RpcError, SerializationMode, StatusCode } from '@aster/rpc-core'

/** Writes indented JSON under the TypeScript field names; both sides must use it. */
export class TextCodec implements Codec {
  readonly mode = SerializationMode.JSON

  encode: Codec['encode'] = (type, value) => new TextEncoder().encode(JSON.stringify(check(type, value), undefined, 1))

  decode: Codec['decode'] = (type, bytes) => {
    let value: unknown
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch (cause) {
      throw new RpcError(StatusCode.DATA_LOSS, 'expected JSON', { cause })
    }
    return check(type, value, StatusCode.CONTRACT_VIOLATION)
  }
}
