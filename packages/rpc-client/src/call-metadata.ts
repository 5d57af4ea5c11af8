import { type Metadata, RpcError, StatusCode } from '@aster/rpc-core'
import { describeUnfitKey, metadataExcess } from '@aster/rpc-core/protocol'
import { isWellFormed, quoted } from '@aster/rpc-core/schema'

/**
 * Returns metadata as the two lists of a header.
 *
 * @throws RpcError `INVALID_ARGUMENT` if a producer would cut an entry off or refuse it
 */
export function metadataLists(metadata: Metadata): { keys: string[]; values: string[] } {
  const keys = Object.keys(metadata)
  if (keys.length === 0) return { keys, values: [] }
  const values = keys.map((key) => {
    const value: unknown = metadata[key]
    const name = quoted(key.slice(0, 40))
    if (typeof value !== 'string')
      throw invalidError(`the value of ${name} is a ${typeof value}, and a string is expected`)
    if (key === '') throw invalidError('the key "" has 0 characters, and at least 1 is expected')
    if (!isWellFormed(key) || !isWellFormed(value)) throw invalidError(`${name} holds a lone surrogate`)
    const unfit = describeUnfitKey(key)
    if (unfit !== undefined) throw invalidError(unfit)
    return value
  })
  const excess = metadataExcess(metadata)
  if (excess !== undefined) throw invalidError(excess)
  return { keys, values }
}

function invalidError(what: string): RpcError {
  return new RpcError(StatusCode.INVALID_ARGUMENT, `metadata: ${what}`)
}
