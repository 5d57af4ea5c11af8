import { AdmissionDesk, type AdmissionDeskOptions } from '../src/admission-desk.ts'
import type { AdmissionEvent } from '../src/audit.ts'
import { ConsumerGate } from '../src/consumer-gate.ts'
import { formatRequest, type ServiceSummary } from '../src/messages.ts'
import { MemoryNonceStore } from '../src/nonce-store.ts'
import { NOW_MS, requestWith, root } from './credentials.ts'
import { admissionPair, bytesOf } from './handshake.ts'

/** The service that a desk offers. */
export const service: ServiceSummary = {
  name: 'S',
  version: 1,
  contractId: '',
  channels: { rpc: 'x' },
  pattern: 'shared',
  serializationModes: ['xlang'],
}

/** Creates a desk that admits consumers with a credential of the test's root key. */
export function deskFor(options: Partial<AdmissionDeskOptions> = {}) {
  const events: AdmissionEvent[] = []
  const gate = new ConsumerGate({
    rootPubkey: root.publicKey,
    nonceStore: new MemoryNonceStore(),
    now: () => NOW_MS,
  })
  const audit = (event: AdmissionEvent) => void events.push(event)
  const desk = new AdmissionDesk({ gate, services: () => [service], audit, ...options })
  return { desk, gate, events }
}

/** Opens a connection that a desk handles. */
export const dialer = (desk: AdmissionDesk) => (id: string) => {
  const [consumer, producer] = admissionPair({ ids: [id, 'producer'] })
  return { consumer, attended: desk.attend(producer) }
}

/** A request that is admitted. */
export const good = (attributes = {}): Uint8Array => bytesOf(formatRequest(requestWith({ attributes })))
/** The answer to a request that is refused. */
export const REFUSAL = `{"admitted":false,"attributes":{},"services":[],"registry_namespace":"","root_pubkey":"${root.publicKey}","reason":""}`
