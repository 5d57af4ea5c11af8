// The answers of a Python producer, and the results of a Python client. See fixtures/README.md.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { admissionPair, ask, bytesOf, firstStream } from '../test/handshake.ts'
import { AdmissionDesk } from './admission-desk.ts'
import { requestAdmission } from './consumer.ts'
import { ConsumerGate } from './consumer-gate.ts'
import { AdmissionDeniedError, AdmissionError } from './errors.ts'
import type { ServiceSummary } from './messages.ts'
import { MemoryNonceStore } from './nonce-store.ts'

interface WireService {
  name: string
  version: number
  contract_id: string
  channels: Record<string, string>
  pattern: 'shared' | 'session'
  serialization_modes: string[]
}

interface Case {
  name: string
  peer: string
  request?: string
  requestHex?: string
  requestStart?: string
  paddedWithSpacesTo?: number
  answer: string | null
  admitted: boolean
  peerHasAccess: boolean
}

interface Answer {
  name: string
  answer: string
  expect: 'admitted' | 'denied' | 'error'
  /** The result of the Python client, or its error. */
  upstream: { services: WireService[]; registryNamespace: string; rootPubkey: string } | { error: string }
}

const vectors = JSON.parse(readFileSync(new URL('../fixtures/admission.json', import.meta.url), 'utf8')) as {
  rootPubkey: string
  services: WireService[]
  credentialsRequired: Case[]
  openGate: Case[]
  answers: Answer[]
}

const summaryOf = (service: WireService, noModes: string[]): ServiceSummary => ({
  name: service.name,
  version: service.version,
  contractId: service.contract_id,
  channels: service.channels,
  pattern: service.pattern,
  serializationModes: service.serialization_modes.length === 0 ? noModes : service.serialization_modes,
})

/** The cases in which this producer is stricter than Python's, with the reason. */
const STRICTER = new Map([
  ['expiry as text', 'a number is expected'],
  ['expiry with a fraction', 'an integer is expected'],
  ['attribute that is no string, signed so', 'attributes are strings'],
])

/** The cases in which this producer admits and Python's refuses, with the case whose answer is repeated. */
const KINDER = new Map([
  // The answer to the first use may have been lost.
  ['ott, used again by the same peer: refused, and the peer keeps its access', 'ott, first use'],
])

/** The case in which Python's producer has an internal error and this one refuses. */
const ANSWERED = 'unknown identity provider: no answer'

function requestOf({ request, requestHex, requestStart = '', paddedWithSpacesTo = 0 }: Case): Uint8Array {
  if (requestHex !== undefined) return Uint8Array.from(Buffer.from(requestHex, 'hex'))
  return bytesOf(request ?? requestStart.padEnd(paddedWithSpacesTo))
}

const refusal = {
  admitted: false,
  attributes: {},
  services: [],
  registry_namespace: '',
  root_pubkey: vectors.rootPubkey,
  reason: '',
}

/**
 * The answer of the Python producer without the members that this one never sends: the namespace of the registry and the
 * gossip topic.
 */
function expectedAnswer({ name, answer }: Case, cases: readonly Case[]): object | undefined {
  const repeated = cases.find((one) => one.name === KINDER.get(name))
  if (repeated !== undefined) return expectedAnswer(repeated, cases)
  if (STRICTER.has(name) || name === ANSWERED) return refusal
  if (answer === null) return undefined
  const { gossip_topic: _, ...rest } = JSON.parse(answer) as Record<string, unknown>
  return { ...rest, registry_namespace: '' }
}

describe.each([
  ['demands credentials', vectors.credentialsRequired, { nonceStore: new MemoryNonceStore() }],
  ['is open, and keeps no nonces', vectors.openGate, { allowAllConsumers: true }],
] as const)('a producer that %s', (_what, cases, options) => {
  const gate = new ConsumerGate({ rootPubkey: vectors.rootPubkey, ...options })
  const services = vectors.services.map((service) => summaryOf(service, []))
  const desk = new AdmissionDesk({ gate, services: () => services })

  it.each(cases)('answers as the Python producer does: $name', async (one) => {
    const answer = await ask(desk, one.peer, requestOf(one))
    expect(answer === undefined ? undefined : JSON.parse(answer)).toEqual(expectedAnswer(one, cases))
    if (!one.admitted && !KINDER.has(one.name) && one.answer !== null) expect(answer).toBe(one.answer)
    const hasAccess = one.peerHasAccess && !STRICTER.has(one.name)
    expect(gate.access(one.peer) !== undefined).toBe(hasAccess)
  })
})

describe('a consumer', () => {
  it.each(vectors.answers)('reads an answer: $name', async ({ answer, expect: expected, upstream }) => {
    const [consumer, producer] = admissionPair()
    const asked = requestAdmission(consumer)
    const stream = await firstStream(producer)
    await stream.write(bytesOf(answer), { finish: true })
    if (expected === 'admitted' && 'error' in upstream) {
      expect(await asked).toMatchObject({ admitted: true, services: [{ name: 'S', version: 1, contractId: '' }] })
    } else if (expected === 'admitted' && 'services' in upstream) {
      expect(await asked).toMatchObject({
        admitted: true,
        services: upstream.services.map((service) => summaryOf(service, ['xlang'])),
        registryNamespace: upstream.registryNamespace,
        rootPubkey: upstream.rootPubkey,
      })
    } else {
      await expect(asked).rejects.toBeInstanceOf(
        expected === 'denied' || answer === '' ? AdmissionDeniedError : AdmissionError,
      )
      if (expected === 'error' && answer !== '') await expect(asked).rejects.not.toBeInstanceOf(AdmissionDeniedError)
    }
  })
})
