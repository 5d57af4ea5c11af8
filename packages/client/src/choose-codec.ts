import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { type Codec, RpcError, SerializationMode, StatusCode } from '@aster/rpc-core'
import { listPrintable, printable } from '@aster/rpc-core/schema'
import type { ServiceSummary } from '@aster/admission'

/** One of each for all clients: what they make for a type, which costs a millisecond, is made once. */
const fory = new ForyCodec()
/** A producer may be newer: what it sends beside the known fields is passed over. */
const json = new JsonCodec({ unknown: 'ignore' })

/** Fory where the producer offers it, else JSON. */
export function chooseCodec(service: ServiceSummary): Codec {
  const modes = service.serializationModes
  if (modes.includes('xlang')) return fory
  if (modes.includes('json')) return json
  throw new RpcError(
    StatusCode.FAILED_PRECONDITION,
    `service '${printable(service.name)}': the producer offers ${listPrintable(modes)}, and this client speaks xlang and json; pass a codec of your own to client()`,
  )
}

/** The codec of calls without a definition. */
export const dynamicCodec: Codec = json

/** Reads the error trailers that a producer does not write in the calls' own format. */
export function statusCodecFor(codec: Codec): Codec {
  return codec.mode === SerializationMode.JSON ? fory : json
}
