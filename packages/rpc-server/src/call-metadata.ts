import { RpcError, StatusCode } from '@aster/rpc-core'
import { type CallHeader, metadataExcess, pairs } from '@aster/rpc-core/protocol'

/** The metadata of a header. Throws `RESOURCE_EXHAUSTED` where it is beyond its limits. */
export function metadataOf({
  metadataKeys,
  metadataValues,
}: Pick<CallHeader, 'metadataKeys' | 'metadataValues'>): Record<string, string> {
  const metadata = pairs(metadataKeys, metadataValues)
  const excess = metadataExcess(metadata)
  if (excess !== undefined) throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `metadata: ${excess}`)
  return metadata
}
