import { type Codec, SerializationMode } from '../../codec.ts'
import { LIMITS } from '../../limits.ts'
import { RpcError } from '../../rpc-error.ts'
import { int } from '../../schema/integer.ts'
import { list } from '../../schema/list.ts'
import { printableLines } from '../../values/describe.ts'
import { setKey } from '../../values/objects.ts'
import { string } from '../../schema/string.ts'
import { struct } from '../../schema/struct.ts'
import type { Infer } from '../../schema/type.ts'
import { readDetails } from '../messages/metadata-limits.ts'

/** How a call ended (flag `TRAILER`). */
export const RpcStatus = struct(
  '_aster/RpcStatus',
  { code: int, message: string, detailKeys: list(string), detailValues: list(string) },
  { naming: 'exact' },
)
/** The value of an `RpcStatus`. */
export type RpcStatus = Infer<typeof RpcStatus>

/** The status of a call that succeeded. */
export const OK_STATUS: RpcStatus = { code: 0, message: '', detailKeys: [], detailValues: [] }

/**
 * Returns the error for a status that a peer sent. No other function converts a peer's status. The message, which goes to
 * logs and terminals, is cut and made printable; it may have several lines. The details are data, and stay unchanged up to
 * the limits of metadata.
 */
export function errorFromStatus({ code, message, detailKeys, detailValues }: RpcStatus): RpcError {
  return new RpcError(code, printableLines(message, LIMITS.receivedStatusMessage), {
    details: readDetails(detailKeys, detailValues),
  })
}

/**
 * Returns an object of the keys and values in two lists. If keys are equal, the last value wins; a surplus key or value is
 * dropped.
 */
export function pairs(keys: readonly string[], values: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {}
  for (let i = 0; i < keys.length && i < values.length; i++) setKey(out, keys[i] ?? '', values[i] ?? '')
  return out
}

const OPEN_BRACE = 0x7b

/**
 * Decodes a trailer. Python responds to most errors of a JSON stream with a Fory trailer, so on such a stream `fallback`
 * decodes a payload that does not begin with `{`. An empty payload is a valid `OK`. See quirk 4 of docs/python-0.1.md.
 */
export function decodeStatus(payload: Uint8Array, codec: Codec, fallback: Codec | undefined): RpcStatus {
  if (payload.length === 0) return OK_STATUS
  const isJson = payload[0] === OPEN_BRACE
  const reader = isJson === (codec.mode === SerializationMode.JSON) ? codec : (fallback ?? codec)
  const known = okPayloads.get(reader)
  if (known !== undefined && isSame(known, payload)) return OK_STATUS
  const status = reader.decode(RpcStatus, payload)
  if (isBareOk(status)) okPayloads.set(reader, payload.slice())
  return status
}

/** The last payload of each codec that meant `OK`. Nearly all such payloads of a peer are the same. */
const okPayloads = new WeakMap<Codec, Uint8Array>()

function isBareOk({ code, message, detailKeys, detailValues }: RpcStatus): boolean {
  return code === 0 && message === '' && detailKeys.length === 0 && detailValues.length === 0
}

function isSame(known: Uint8Array, payload: Uint8Array): boolean {
  if (known.length !== payload.length) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== payload[i]) return false
  return true
}
