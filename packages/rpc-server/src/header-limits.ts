import { type Peer, RpcError, StatusCode } from '@aster/rpc-core'
import { LIMITS, nextCallId, readMetadata } from '@aster/rpc-core/protocol'
import { isPrintable } from '@aster/rpc-core/schema'
import type { ServeOptions } from './options.ts'

/** The errors of headers whose metadata, id or names are over their limits. */
const excessErrors = new WeakSet<RpcError>()

/** A field of a header, as messages name it. */
type HeaderField = 'service name' | 'method name' | 'call id'

/**
 * Throws unless a name or an id of a header is short and printable. Look a name up first: every registered name is allowed.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if the string is too long; `INVALID_ARGUMENT` if it has control or format characters
 */
export function assertHeaderText(field: HeaderField, text: string): void {
  const limit = field === 'call id' ? LIMITS.callId : LIMITS.headerName
  if (text.length > limit)
    throw excessError(
      StatusCode.RESOURCE_EXHAUSTED,
      `the ${field} has ${text.length} characters, and at most ${limit} are allowed`,
    )
  if (!isPrintable(text))
    throw excessError(StatusCode.INVALID_ARGUMENT, `the ${field} has control or format characters`)
}

/** Returns the id of a call, or a new one if the consumer sent none (quirk 13 of docs/python-0.1.md). */
export function callIdOrNew({ callId }: { readonly callId: string }): string {
  if (callId === '') return nextCallId()
  assertHeaderText('call id', callId)
  return callId
}

/**
 * Returns the metadata of a call.
 *
 * @throws RpcError if the metadata is over its limits, or keys and values do not match
 */
export function metadataOf(keys: readonly string[], values: readonly string[]): Record<string, string> {
  try {
    return readMetadata(keys, values)
  } catch (error) {
    if (error instanceof RpcError) excessErrors.add(error)
    throw error
  }
}

/** The parts of a connection that a report needs. */
interface ReportContext {
  readonly options: Pick<ServeOptions, 'onRefusal'>
  readonly peer: Peer
}

/** Calls the user's `onRefusal` if `error` says that a header is over a limit. */
export function reportExcess(error: unknown, { options, peer }: ReportContext): void {
  if (options.onRefusal === undefined || !excessErrors.has(error as RpcError)) return
  options.onRefusal({ cause: 'metadata', peer: peer.id, message: (error as RpcError).message })
}

function excessError(code: StatusCode, message: string): RpcError {
  const error = new RpcError(code, message)
  excessErrors.add(error)
  return error
}
