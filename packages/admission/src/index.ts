/**
 * The handshake by which a producer admits a consumer before the first call: both sides of it, over any byte stream. This
 * entry runs anywhere; `@aster/admission/node` has the nonce store on disk.
 *
 * @example
 * ```ts
 * import { AdmissionDesk, ConsumerGate, MemoryNonceStore, requestAdmission } from '@aster/admission'
 * import { generateKeyPair } from '@aster/identity'
 * import { memoryPair } from '@aster/transport-memory'
 *
 * const { publicKey: rootPubkey } = generateKeyPair()
 * const gate = new ConsumerGate({ rootPubkey, allowAllConsumers: true, nonceStore: new MemoryNonceStore() })
 * const desk = new AdmissionDesk({ gate, services: () => [] })
 *
 * const [consumer, producer] = memoryPair({ alpn: 'aster.consumer_admission' })
 * void desk.attend(producer)
 * const { services } = await requestAdmission(consumer, { rootPubkey })
 * console.log(services) // prints []
 * console.log(gate.access('consumer')) // prints { attributes: {} }
 * ```
 *
 * @packageDocumentation
 */
export { AdmissionDesk, type AdmissionDeskOptions, type AdmissionStats } from './admission-desk.ts'
export { type AddressRate, type AdmissionLimits, checkAdmissionLimits } from './admission-limits.ts'
export { type AdmissionEvent, type AdmissionLog, logAdmissions } from './audit.ts'
export { type ConsumerAdmissionOptions, requestAdmission } from './consumer.ts'
export { ConsumerGate, type ConsumerGateOptions, type PeerAccess } from './consumer-gate.ts'
export type { AdmissionDecision, Admitted, CredentialClaim, Denied } from './decision.ts'
export { AdmissionDeniedError, AdmissionError, ProducerIdentityError } from './errors.ts'
export type { AdmissionAnswer, AdmissionRequest, ServiceSummary } from './messages.ts'
export { MemoryNonceStore, type NonceStore, type NonceUse } from './nonce-store.ts'
