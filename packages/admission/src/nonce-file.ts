import { isObject } from '@aster/rpc-core/schema'
import type { NonceUse } from './nonce-store.ts'

/** What the file of a used nonce holds. */
export interface NonceFile {
  /** Seconds since the epoch; `undefined` if the file was not written to its end. */
  readonly expiresAt: number | bigint | undefined
  /** `undefined` in a file without it, as the first version of this package wrote them. */
  readonly use: NonceUse | undefined
}

/** Above what an expiry and a use take. */
export const MAX_NONCE_FILE_BYTES = 4096
/** That of a transport is 64 characters long; one that does not fit is not recorded. */
const MAX_ID_LENGTH = 512

/** The expiry on a line, and the use as JSON on another. */
const COMPLETE = /^(\d{1,20})\n(?:(\{[^\n]*\})\n)?$/
/** What lacks its last line feed was not written to its end; the nonce is used all the same. */
const UNFINISHED = /^\d{0,20}(?:\n\{[^\n]*)?$/

export function formatNonceFile({ expiresAt, use }: NonceFile): string {
  if (use === undefined || use.endpointId.length > MAX_ID_LENGTH) return `${expiresAt}\n`
  const { endpointId, accessUntil } = use
  return `${expiresAt}\n${JSON.stringify({ endpointId, accessUntil })}\n`
}

/** Returns `undefined` for a text that is not the content of such a file. */
export function parseNonceFile(text: string): NonceFile | undefined {
  const complete = COMPLETE.exec(text)
  if (complete !== null) return { expiresAt: Number(complete[1]), use: parseUse(complete[2]) }
  return UNFINISHED.test(text) ? { expiresAt: undefined, use: undefined } : undefined
}

function parseUse(json: string | undefined): NonceUse | undefined {
  if (json === undefined) return undefined
  try {
    const value: unknown = JSON.parse(json)
    if (!isObject(value)) return undefined
    const { endpointId, accessUntil } = value as Record<string, unknown>
    return typeof endpointId === 'string' && typeof accessUntil === 'number' ? { endpointId, accessUntil } : undefined
  } catch {
    return undefined
  }
}
