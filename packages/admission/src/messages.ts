import type { ServiceScope } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { AdmissionError } from './errors.ts'
import { type MemberPath, MemberReader, readString } from './member-reader.ts'

/** What a consumer asks with; both empty in dev mode. */
export interface AdmissionRequest {
  /** A JSON text: see `formatCredential` of `@aster/identity`. */
  readonly credentialJson: string
  /** A cloud's instance identity document. */
  readonly iidToken: string
}

/** A service as a producer offers it. */
export interface ServiceSummary {
  readonly name: string
  readonly version: number
  /** 64 hex digits, or empty where the producer gives none. */
  readonly contractId: string
  /** Addresses by the name of the channel: base64 NodeAddr, endpoint id or ticket. */
  readonly channels: Readonly<Record<string, string>>
  /**
   * The `scope` of the service's definition. A summary keeps the names of the wire on both sides: `@aster/server` puts a
   * definition's `scope` here, `@aster/client` compares the two, and nothing else translates between them.
   */
  readonly pattern: ServiceScope
  /** `'xlang'`, `'json'` …; where the producer says none it is `['xlang']`. */
  readonly serializationModes: readonly string[]
}

export interface AdmissionAnswer {
  readonly admitted: boolean
  /** What the credential says of this consumer. */
  readonly attributes: Readonly<Record<string, string>>
  readonly services: readonly ServiceSummary[]
  readonly registryNamespace: string
  /** The producer's claim: 64 lower-case hex digits, or empty. */
  readonly rootPubkey: string
  readonly reason: string
}

export function formatRequest(request: AdmissionRequest): string {
  return JSON.stringify({ credential_json: request.credentialJson, iid_token: request.iidToken })
}

/** @throws AdmissionError for anything that is no request, without a part of it */
export function parseRequest(json: string): AdmissionRequest {
  const members = parseObject('admission request', json)
  // A member that is null stands for an empty text; one that is missing makes it no request.
  if (!members.has('credential_json')) members.throwUnexpected('credential_json', 'a text')
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

/** @throws AdmissionError for anything that is no answer, naming the member */
export function parseAnswer(json: string): AdmissionAnswer {
  const members = parseObject('admission answer', json)
  const rootPubkey = members.string('root_pubkey').toLowerCase()
  if (!/^([0-9a-f]{64})?$/.test(rootPubkey)) members.throwUnexpected('root_pubkey', '64 hex digits')
  return {
    admitted: members.boolean('admitted'),
    attributes: members.strings('attributes'),
    services: members.list('services', readService, LIMITS.services),
    // The second is what older producers call it.
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
    // The message of the SyntaxError would repeat a part of the text, perhaps of a credential.
    throw new AdmissionError(`${message}: expected JSON, found ${json.length} characters that are none`)
  }
  return new MemberReader(value, { message, path: '' })
}
