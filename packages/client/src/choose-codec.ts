import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { type Codec, RpcError, SerializationMode, StatusCode } from '@aster/rpc-core'
import { listPrintable, printable } from '@aster/rpc-core/schema'
import type { ServiceSummary } from '@aster/admission'

/** Shared by all clients, because a codec takes about a millisecond to prepare a type and then caches the result. */
export const fory = new ForyCodec()
/** Ignores unknown fields, because the producer may be newer. */
const json = new JsonCodec({ unknown: 'ignore' })

/**
 * Returns Fory if the producer offers it, and JSON otherwise.
 *
 * @throws RpcError `FAILED_PRECONDITION` if the producer offers neither
 */
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

/** Returns the codec for error trailers that a producer does not write in the format of the call. */
export function statusCodecFor(codec: Codec): Codec {
  return codec.mode === SerializationMode.JSON ? fory : json
}
