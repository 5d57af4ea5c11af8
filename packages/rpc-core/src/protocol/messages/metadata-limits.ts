import type { Metadata } from '../../metadata.ts'
import { LIMITS } from '../../limits.ts'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { isPrintable, quoted } from '../../values/describe.ts'
import { setKey } from '../../values/objects.ts'

const encoder = new TextEncoder()
/** The most bytes of UTF-8 for one UTF-16 unit. */
const MAX_BYTES = 3

/** The most characters of a key that a message shows. */
const SHOWN = 40

/** Returns how a call's metadata exceeds its limits, in words, or `undefined` if it does not. */
export function metadataExcess(metadata: Metadata): string | undefined {
  return pairsExcess(Object.keys(metadata), Object.values(metadata))
}

/**
 * Returns why a metadata key is invalid, in words, or `undefined` if it is valid. Keys are names that logs and messages
 * show.
 */
export function describeUnfitKey(key: string): string | undefined {
  return isPrintable(key) ? undefined : `the key ${quoted(key, SHOWN)} has control or format characters`
}

/**
 * Returns the metadata of a header. The limits apply to the lists as received. Equal keys are merged afterwards: the last
 * value wins.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if a limit is exceeded; `INVALID_ARGUMENT` if the lists have different lengths, or
 *   if a key has control or format characters
 */
export function readMetadata(keys: readonly string[], values: readonly string[]): Record<string, string> {
  const metadata: Record<string, string> = {}
  if (keys.length === 0 && values.length === 0) return metadata
  const excess = pairsExcess(keys, values)
  if (excess !== undefined) throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `metadata: ${excess}`)
  if (keys.length !== values.length)
    throw invalidError(`${keys.length} keys and ${values.length} values; each key has one value`)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const unfit = describeUnfitKey(key)
    if (unfit !== undefined) throw invalidError(unfit)
    setKey(metadata, key, values[i] as string)
  }
  return metadata
}

/**
 * Returns the details of a status that a peer sent, up to the limits of metadata. Never throws, since the status is needed
 * even if its details are too large. If keys are equal, the last value wins.
 */
export function readDetails(keys: readonly string[], values: readonly string[]): Record<string, string> {
  const details: Record<string, string> = {}
  const count = Math.min(keys.length, values.length, LIMITS.metadataEntries)
  let total = 0
  for (let i = 0; i < count; i++) {
    const [key, value] = [keys[i] as string, values[i] as string]
    if (key.length > LIMITS.metadataKey || value.length > LIMITS.metadataValue) continue
    total += countBytes(key) + countBytes(value)
    if (total > LIMITS.metadataTotal) break
    setKey(details, key, value)
  }
  return details
}

function pairsExcess(keys: readonly string[], values: readonly string[]): string | undefined {
  const count = Math.max(keys.length, values.length)
  if (count > LIMITS.metadataEntries) return `${count} entries${allowed(LIMITS.metadataEntries)}`
  let units = 0
  for (let i = 0; i < count; i++) {
    const [key, value] = [keys[i] ?? '', values[i] ?? '']
    if (key.length > LIMITS.metadataKey)
      return `the key ${showKey(key)} has ${key.length} characters${allowed(LIMITS.metadataKey)}`
    if (value.length > LIMITS.metadataValue)
      return `the value of ${showKey(key)} has ${value.length} characters${allowed(LIMITS.metadataValue)}`
    units += key.length + value.length
  }
  // Most metadata is too short to need encoding for its length.
  if (units * MAX_BYTES <= LIMITS.metadataTotal) return undefined
  let total = 0
  for (let i = 0; i < count; i++) total += countBytes(keys[i] ?? '') + countBytes(values[i] ?? '')
  return total > LIMITS.metadataTotal ? `${total} bytes in all${allowed(LIMITS.metadataTotal)}` : undefined
}

const countBytes = (text: string): number => encoder.encode(text).length

const showKey = (key: string): string => quoted(key.slice(0, SHOWN))

const allowed = (most: number): string => `, and at most ${most} are allowed`

const invalidError = (what: string): RpcError => new RpcError(StatusCode.INVALID_ARGUMENT, `metadata: ${what}`)
