import type { Metadata } from '../../metadata.ts'
import { LIMITS } from '../../limits.ts'

const encoder = new TextEncoder()

/** What of a call's metadata is beyond its limits, in words; `undefined` where nothing is. */
export function metadataExcess(metadata: Metadata): string | undefined {
  const entries = Object.entries(metadata)
  if (entries.length > LIMITS.metadataEntries) return `${entries.length} entries${allowed(LIMITS.metadataEntries)}`
  let total = 0
  for (const [key, value] of entries) {
    const name = JSON.stringify(key.slice(0, 40))
    if (key.length > LIMITS.metadataKey)
      return `the key ${name} has ${key.length} characters${allowed(LIMITS.metadataKey)}`
    if (value.length > LIMITS.metadataValue)
      return `the value of ${name} has ${value.length} characters${allowed(LIMITS.metadataValue)}`
    total += encoder.encode(key).length + encoder.encode(value).length
  }
  return total > LIMITS.metadataTotal ? `${total} bytes in all${allowed(LIMITS.metadataTotal)}` : undefined
}

const allowed = (most: number): string => `, and at most ${most} are allowed`
