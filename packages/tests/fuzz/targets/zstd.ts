import { createZstd } from '@aster/compression-zstd'
import { JsonCodec } from '@aster/codec-json'
import { StatusCode, t } from '@aster/rpc-core'
import { decodeMessage, FrameFlag } from '@aster/rpc-core/protocol'
import { assert, attempt } from '../engine/expect-error.ts'
import { bytesOf, type Target } from '../engine/target.ts'

const compression = await createZstd()
const codec = new JsonCodec()
const LIMIT = 1 << 20

export const zstd: Target = {
  name: 'zstd',
  seeds: () =>
    [
      '',
      'a',
      '[1,2,3]',
      'ab'.repeat(3000),
      JSON.stringify(Array.from({ length: 900 }, (_, i) => i)),
      '[],'.repeat(5000),
    ].map((text) => compression.compress(bytesOf(text))),
  run(input) {
    const out = attempt(() => compression.decompress(input, LIMIT))
    if (out !== undefined) assert(out.value.length <= LIMIT, 'no more comes out than is asked for')
    // The same within the limits of a message.
    attempt(() => decodeMessage({ codec, compression }, t.any, { flags: FrameFlag.COMPRESSED, payload: input }), {
      codes: [StatusCode.DATA_LOSS, StatusCode.CONTRACT_VIOLATION, StatusCode.RESOURCE_EXHAUSTED],
    })
  },
}
