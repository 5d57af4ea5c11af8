import type { ServiceScope } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { AdmissionError } from './errors.ts'
import { type MemberPath, MemberReader, readString } from './member-reader.ts'

/** The request of a consumer. Both members are empty if the producer admits every consumer. */
export interface AdmissionRequest {
  /** The credential as JSON, see `formatCredential` of `@aster/identity`. */
  readonly credentialJson: string
  /** The instance identity document of a cloud. */
  readonly iidToken: string
}

/** The summary of a service that a producer offers. */
export interface ServiceSummary {
  /** The name of the service. */
  readonly name: string
  /** The version of the service, from 1. */
  readonly version: number
  /** The contract id: 64 hex digits, or empty if the producer sends no id. */
  readonly contractId: string
  /** The address of each channel by its name: base64 of a NodeAddr, an endpoint id or a ticket. */
  readonly channels: Readonly<Record<string, string>>
  /**
   * The `scope` of the service's definition. A summary keeps the names of the wire on both sides: `@aster/server` puts a
   * definition's `scope` here, `@aster/client` compares the two, and nothing else translates between them.
   */
  readonly pattern: ServiceScope
  /** The serialization modes, such as `'xlang'` and `'json'`. `['xlang']` if the producer sends no modes. */
  readonly serializationModes: readonly string[]
}

/** The answer of a producer to an admission request. */
export interface AdmissionAnswer {
  /** Whether the consumer is admitted. */
  readonly admitted: boolean
  /** The attributes of the consumer's credential. */
  readonly attributes: Readonly<Record<string, string>>
  /** The services that the producer offers. */
  readonly services: readonly ServiceSummary[]
  /** The namespace of the producer's registry, or empty if it has no registry. */
  readonly registryNamespace: string
  /** The root key that the producer claims: 64 lower-case hex digits, or empty. */
  readonly rootPubkey: string
  /** The reason of a refusal, or empty. Producers of this package send no reason. */
  readonly reason: string
}

/** Returns the JSON of a request. */
export function formatRequest(request: AdmissionRequest): string {
  return JSON.stringify({ credential_json: request.credentialJson, iid_token: request.iidToken })
}

/**
 * Parses a request.
 *
 * @throws AdmissionError if `json` is not a request. The error does not quote it
 */
export function parseRequest(json: string): AdmissionRequest {
  const members = parseObject('admission request', json)
  // A member that is null counts as an empty string, but a request without the member is refused.
  if (!members.has('credential_json')) members.throwUnexpected('credential_json', 'a string')
  return { credentialJson: members.string('credential_json'), iidToken: members.string('iid_token') }
}

export function formatAnswer(answer: AdmissionAnswer): string {
  return JSON.stringify({
    admitted: answer.admitted,
    attributes: answer.attributes,
    services: answer.services.map((service) => ({
      name: service.name,
      version: service.version,
      contract_id: service.contractId,
      channels: service.channels,
      pattern: service.pattern,
      serialization_modes: service.serializationModes,
    })),
    registry_namespace: answer.registryNamespace,
    root_pubkey: answer.rootPubkey,
    reason: answer.reason,
  })
}

/**
 * Parses an answer.
 *
 * @throws AdmissionError with the name of the member if `json` is not an answer
 */
export function parseAnswer(json: string): AdmissionAnswer {
  const members = parseObject('admission answer', json)
  const rootPubkey = members.string('root_pubkey').toLowerCase()
  if (!/^([0-9a-f]{64})?$/.test(rootPubkey)) members.throwUnexpected('root_pubkey', '64 hex digits')
  return {
    admitted: members.boolean('admitted'),
    attributes: members.strings('attributes'),
    services: members.list('services', readService, LIMITS.services),
    // Older producers use the second name.
    registryNamespace: members.string('registry_namespace') || members.string('registry_ticket'),
    rootPubkey,
    reason: members.string('reason'),
  }
}

function readService(value: unknown, path: MemberPath): ServiceSummary {
  const members = new MemberReader(value, path)
  const name = members.string('name')
  if (name === '') members.throwUnexpected('name', 'a name')
  const pattern = members.string('pattern')
  if (pattern !== '' && pattern !== 'shared' && pattern !== 'session')
    members.throwUnexpected('pattern', 'shared or session')
  const channels = members.strings('channels')
  const count = Object.keys(channels).length
  if (count > LIMITS.channels) members.throwUnexpected('channels', `at most ${LIMITS.channels}`, `${count}`)
  const modes = members.list('serialization_modes', readString)
  return {
    name,
    version: members.positive('version'),
    contractId: members.string('contract_id'),
    channels,
    pattern: pattern === 'session' ? 'session' : 'shared',
    serializationModes: modes.length === 0 ? ['xlang'] : modes,
  }
}

function parseObject(message: string, json: string): MemberReader {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The message of the SyntaxError would quote a part of the JSON, perhaps of a credential.
    throw new AdmissionError(`${message}: expected JSON, found ${json.length} characters that are not JSON`)
  }
  return new MemberReader(value, { message, path: '' })
}
