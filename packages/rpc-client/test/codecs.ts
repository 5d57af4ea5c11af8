import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import type { Codec } from '@aster/rpc-core'

/** Name → maker of a codec with which calls are tested. */
export const codecs: Record<string, () => Codec> = { json: () => new JsonCodec(), fory: () => new ForyCodec() }
