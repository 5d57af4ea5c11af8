import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import type { Codec } from '@aster/rpc-core'

/** Makers of the codecs with which calls are tested, by name. */
export const codecs: Record<string, () => Codec> = { json: () => new JsonCodec(), fory: () => new ForyCodec() }
