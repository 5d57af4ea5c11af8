import type { Codec, InterceptedCall, MethodDefinition, ServiceDefinition } from '@aster/rpc-core'
import { HeaderTemplate, StreamHeader } from '@aster/rpc-core/protocol'
import { countKeys } from '@aster/rpc-core/schema'
import { metadataLists } from './call-metadata.ts'

/** The headers of a method, as the codec writes them. */
interface KnownHeader {
  readonly service: ServiceDefinition
  readonly version: number
  readonly name: string
  readonly wireName: string
  /** The length of the call ids, in characters. */
  readonly length: number
  /** `undefined` if the codec writes headers that cannot be patched. */
  readonly template: HeaderTemplate | undefined
}

/**
 * Returns a function that encodes the header of a call. If a call has neither a deadline nor metadata, its header is encoded
 * once for each method, and only the id of the call is patched in afterwards.
 */
export function headerEncoder(codec: Codec): (call: InterceptedCall) => Uint8Array {
  const known = new WeakMap<MethodDefinition, KnownHeader>()
  return (call) => {
    const { method, callId, deadline, metadata } = call
    if (deadline !== undefined || countKeys(metadata) > 0) return encode(codec, call, metadataLists(metadata))
    let header = known.get(method)
    if (header === undefined || header.length !== callId.length || !isOf(header, call)) {
      header = learn(codec, call)
      known.set(method, header)
    }
    return header.template?.withId(callId) ?? encode(codec, call, NO_METADATA)
  }
}

/** Returns whether a header fits a call. An interceptor may have changed the service and the names of the call. */
function isOf({ service, name, version, wireName }: KnownHeader, call: InterceptedCall): boolean {
  const now = call.service
  return service === now && name === now.name && version === now.version && wireName === call.method.wireName
}

function learn(codec: Codec, call: InterceptedCall): KnownHeader {
  const { service, method, callId } = call
  const { name, version } = service
  // Two ids that differ in every character: bytes that differ must belong to the id.
  const first = 'a'.repeat(callId.length)
  const second = 'b'.repeat(callId.length)
  let template: HeaderTemplate | undefined
  try {
    template = HeaderTemplate.of(encode(codec, call, NO_METADATA, first), first)
    const other = encode(codec, call, NO_METADATA, second)
    if (template?.matches(other) !== true || template.idIn(other) !== second) template = undefined
  } catch {
    // The codec refuses such ids.
  }
  return { service, name, version, wireName: method.wireName, length: callId.length, template }
}

interface MetadataLists {
  readonly keys: string[]
  readonly values: string[]
}

const NO_METADATA: MetadataLists = { keys: [], values: [] }

function encode(
  codec: Codec,
  { service, method, callId, deadline }: InterceptedCall,
  { keys, values }: MetadataLists,
  id = callId,
): Uint8Array {
  return codec.encode(StreamHeader, {
    service: service.name,
    method: method.wireName,
    version: service.version,
    callId: id,
    deadlineEpochMs: Math.round(deadline ?? 0),
    serializationMode: codec.mode,
    metadataKeys: keys,
    metadataValues: values,
  })
}
