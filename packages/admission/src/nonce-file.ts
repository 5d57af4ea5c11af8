import { isObject } from '@aster/rpc-core/schema'
import type { NonceUse } from './nonce-store.ts'

/** The content of the file of a used nonce. */
export interface NonceFile {
  /** The expiry in seconds since the epoch, or `undefined` if the file is incomplete. */
  readonly expiresAt: number | bigint | undefined
  /** The use, or `undefined` in a file of the first version of this package. */
  readonly use: NonceUse | undefined
}

/** The largest number of bytes of a file, more than an expiry and a use need. */
export const MAX_NONCE_FILE_BYTES = 4096
/** The largest number of characters of an endpoint id. Transports have ids of 64 characters. Longer ids are not recorded. */
const MAX_ID_LENGTH = 512

/** A complete file: the expiry on one line, and the use as JSON on another. */
const COMPLETE = /^(\d{1,20})\n(?:(\{[^\n]*\})\n)?$/
/** An incomplete file, which lacks its last line feed. Its nonce counts as used. */
const UNFINISHED = /^\d{0,20}(?:\n\{[^\n]*)?$/

export function formatNonceFile({ expiresAt, use }: NonceFile): string {
  if (use === undefined || use.endpointId.length > MAX_ID_LENGTH) return `${expiresAt}\n`
  const { endpointId, accessUntil } = use
  return `${expiresAt}\n${JSON.stringify({ endpointId, accessUntil })}\n`
}

/** Parses the content of a file. Returns `undefined` if it is not the content of such a file. */
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
