import { type Metadata, RpcError, StatusCode } from '@aster/rpc-core'
import { isWellFormed, LIMITS } from '@aster/rpc-core/protocol'

const encoder = new TextEncoder()

/** Metadata as the two lists of a header. Throws `INVALID_ARGUMENT` for what a producer would cut off or refuse. */
export function metadataLists(metadata: Metadata): { keys: string[]; values: string[] } {
  const keys = Object.keys(metadata)
  if (keys.length === 0) return { keys, values: [] }
  if (keys.length > LIMITS.metadataEntries)
    throw invalid(`${keys.length} entries, and at most ${LIMITS.metadataEntries} are allowed`)
  let total = 0
  const values = keys.map((key) => {
    const value: unknown = metadata[key]
    const name = JSON.stringify(key.slice(0, 40))
    if (typeof value !== 'string') throw invalid(`the value of ${name} is a ${typeof value}, and a string is expected`)
    if (key === '' || key.length > LIMITS.metadataKey)
      throw invalid(`the key ${name} has ${key.length} characters, and 1 to ${LIMITS.metadataKey} are allowed`)
    if (value.length > LIMITS.metadataValue)
      throw invalid(
        `the value of ${name} has ${value.length} characters, and at most ${LIMITS.metadataValue} are allowed`,
      )
    if (!isWellFormed(key) || !isWellFormed(value)) throw invalid(`${name} holds a lone surrogate`)
    total += encoder.encode(key).length + encoder.encode(value).length
    return value
  })
  if (total > LIMITS.metadataTotal)
    throw invalid(`${total} bytes in all, and at most ${LIMITS.metadataTotal} are allowed`)
  return { keys, values }
}

function invalid(what: string): RpcError {
  return new RpcError(StatusCode.INVALID_ARGUMENT, `metadata: ${what}`)
}
