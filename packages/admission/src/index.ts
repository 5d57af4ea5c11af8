/**
 * The handshake before the calls, both sides, over any byte stream.
 *
 * @packageDocumentation
 */
export { type ConsumerAdmissionOptions, requestAdmission } from './consumer.ts'
export { AdmissionDeniedError, AdmissionError, ProducerIdentityError } from './errors.ts'
export type { AdmissionAnswer, AdmissionRequest, ServiceSummary } from './messages.ts'
export { type AdmissionDecision, answerAdmission, type ProducerAdmissionOptions } from './producer.ts'
