import { createHash } from 'node:crypto'
import { type EnumType, RpcError } from '@aster/rpc-core'
import { isBytes, isMap, snakeCase } from '@aster/rpc-core/schema'
import type { Result } from './replay-calls.ts'
import type { Conversation } from './trace.ts'
import { text } from './transcript.ts'

/** The length from which strings and bytes are described by their hash in a trace. */
const LONG_TEXT = 600
const LONG_BYTES = 256

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

export function lineOfResult(result: Result): string {
  if ('value' in result) return `value ${text(plain(result.value))}`
  const { error } = result
  if (!(error instanceof RpcError)) return `thrown ${String(error)}`
  return errorLine(error.code, error.message, error.details)
}

const errorLine = (code: number, message: string, details: unknown): string =>
  `error ${code} ${JSON.stringify(plain(message))} ${JSON.stringify(details)}`

/** Returns a value of ours in the names and shapes of a trace. */
function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value.length > LONG_TEXT ? { text: sha256(value) } : value
  if (isBytes(value)) return { bytes: value.length > LONG_BYTES ? sha256(value) : Buffer.from(value).toString('hex') }
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [String(key), plain(one)]))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [snakeCase(key), plain(one)]))
}

interface Described {
  readonly $enum?: string
  readonly name?: string
  readonly $bytes?: string
  readonly $bytes_sha256?: string
  readonly $text_head?: string
  readonly sha256?: string
}

/** Returns a value of a trace in the shapes that `plain` returns. */
function described(value: unknown, enums: readonly EnumType[]): unknown {
  if (Array.isArray(value)) return value.map((one) => described(one, enums))
  if (typeof value !== 'object' || value === null) return value
  const { $enum, name = '', $bytes, $bytes_sha256, $text_head, sha256 } = value as Described
  if ($enum !== undefined) return enums.find(({ tag }) => tag === $enum)?.members[name]
  if ($bytes !== undefined || $bytes_sha256 !== undefined) return { bytes: $bytes ?? $bytes_sha256 }
  if ($text_head !== undefined) return { text: sha256 }
  const members = Object.entries(value).filter(([key]) => key !== '$type')
  return Object.fromEntries(members.map(([key, one]) => [key, described(one, enums)]))
}

interface RecordedFrame {
  readonly flags: number
  readonly value: { readonly code: number; readonly message: string }
}

/** Returns the results of the recorded caller, a line for each call. */
export function recordedResults(
  { consumer_result: result }: Conversation,
  isSession: boolean,
  enums: readonly EnumType[],
): string[] {
  if (result.error !== undefined) {
    const { code, message, details } = result.error
    return [`error ${code} ${JSON.stringify(described(message, enums))} ${JSON.stringify(details)}`]
  }
  const { value } = result
  if (isSession) return [value ?? []].flat().map((one) => lineOfAttempt(one, enums))
  // Some recorded calls were written by hand; for those the trace has the frames of the answer.
  const first = isFrames(value) ? (value as RecordedFrame[])[0] : undefined
  if (first === undefined) return [`value ${text(described(value, enums))}`]
  return (first.flags & 2) === 0
    ? [`value ${text(described(first.value, enums))}`]
    : [errorLine(first.value.code, first.value.message, {})]
}

const isFrames = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && typeof value[0] === 'object' && 'flags' in (value[0] as object)

/** Returns the line of one call of a session: a value, an error as recorded, or the status that answered a CANCEL. */
function lineOfAttempt(one: unknown, enums: readonly EnumType[]): string {
  const { $type, code, message, error, details } = (one ?? {}) as Record<string, unknown>
  if ($type === '_aster/RpcStatus') return `error ${code as number} …`
  if (typeof error === 'number') return errorLine(error, message as string, details)
  return `value ${text(described(one, enums))}`
}
