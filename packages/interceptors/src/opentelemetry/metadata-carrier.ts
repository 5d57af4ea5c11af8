import type { Context, TextMapGetter } from '@opentelemetry/api'
import { propagation } from '@opentelemetry/api'
import { LIMITS } from '@aster/rpc-core/protocol'
import { isWellFormed } from '@aster/rpc-core/schema'

type Metadata = Readonly<Record<string, string>>

const getter: TextMapGetter<Metadata> = {
  get: (metadata, key) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined),
  keys: (metadata) => Object.keys(metadata),
}

/** Returns the context that the metadata of a call carries. */
export function extractContext(parent: Context, metadata: Metadata): Context {
  return propagation.extract(parent, metadata, getter)
}

const encoder = new TextEncoder()
/** Returns the number of bytes of an entry in UTF-8. */
const entryBytes = (key: string, value: string): number => encoder.encode(key).length + encoder.encode(value).length

/** Returns the metadata with the context added. Entries that do not fit beside the caller's are left out, so that no call fails for its trace. */
export function injectContext(context: Context, metadata: Metadata): Record<string, string> {
  const injected: Record<string, string> = {}
  propagation.inject(context, injected)
  const merged: Record<string, string> = { ...metadata }
  let total = Object.entries(merged).reduce((sum, [key, value]) => sum + entryBytes(key, value), 0)
  for (const [key, value] of Object.entries(injected)) {
    const before = Object.hasOwn(merged, key) ? entryBytes(key, merged[key] ?? '') : undefined
    const after = total - (before ?? 0) + entryBytes(key, value)
    const tooMany = before === undefined && Object.keys(merged).length >= LIMITS.metadataEntries
    const tooLong =
      key.length > LIMITS.metadataKey || value.length > LIMITS.metadataValue || after > LIMITS.metadataTotal
    if (tooMany || tooLong || key === '' || !isWellFormed(key) || !isWellFormed(value)) continue
    merged[key] = value
    total = after
  }
  return merged
}
