import { LIMITS } from '../../limits.ts'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { memberText, textOf } from '../../values/text-of.ts'
import type { RpcStatus } from './rpc-status.ts'

const known: ReadonlySet<number> = new Set(Object.values(StatusCode))
const encoder = new TextEncoder()

/**
 * Converts any thrown value into the status that ends a call, valid in every codec. Never throws, and never returns `OK`:
 * an unknown or missing code becomes `UNKNOWN`, and `OK` becomes `INTERNAL`. The message is cut at 4,096 characters. The
 * details are converted to strings one by one, and omitted once they exceed the limits of metadata.
 */
export function statusFromError(thrown: unknown): RpcStatus {
  const error = RpcError.from(thrown)
  const { keys, values } = detailsOf(error)
  return {
    code: codeOf(error),
    message: cut(memberText(error, 'message'), LIMITS.statusMessage),
    detailKeys: keys,
    detailValues: values,
  }
}

function codeOf(error: RpcError): number {
  const code: unknown = readMember(error, 'code')
  if (code === StatusCode.OK) return StatusCode.INTERNAL
  return typeof code === 'number' && known.has(code) ? code : StatusCode.UNKNOWN
}

function detailsOf(error: RpcError): { keys: string[]; values: string[] } {
  const keys: string[] = []
  const values: string[] = []
  const details = readMember(error, 'details')
  let total = 0
  for (const name of namesOf(details)) {
    if (keys.length === LIMITS.metadataEntries) break
    const value = readMember(details as object, name)
    if (value === undefined || value === null) continue
    const pair = [cut(name, LIMITS.metadataKey), cut(textOf(value), LIMITS.metadataValue)] as const
    total += encoder.encode(pair[0]).length + encoder.encode(pair[1]).length
    if (total > LIMITS.metadataTotal) break
    keys.push(pair[0])
    values.push(pair[1])
  }
  return { keys, values }
}

function namesOf(details: unknown): string[] {
  try {
    return typeof details === 'object' && details !== null ? Object.keys(details) : []
  } catch {
    return []
  }
}

function readMember(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

/** Cuts a string without splitting a surrogate pair. A lone surrogate, which no format carries, becomes U+FFFD. */
function cut(text: string, maxCharacters: number): string {
  const end = text.length > maxCharacters && /[\uD800-\uDBFF]/.test(text.charAt(maxCharacters - 1)) ? 1 : 0
  return text.slice(0, maxCharacters - end).replace(/\p{Cs}/gu, '\uFFFD')
}
