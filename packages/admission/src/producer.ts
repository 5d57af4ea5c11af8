import type { ByteStream } from '@aster/rpc-core'
import { AdmissionError } from './errors.ts'
import {
  type AdmissionAnswer,
  type AdmissionRequest,
  formatAnswer,
  parseRequest,
  type ServiceSummary,
} from './messages.ts'
import { readMessage } from './read-message.ts'

/** What a gate says of a consumer. */
export type AdmissionDecision =
  | { readonly admitted: true; readonly attributes: Readonly<Record<string, string>> }
  /** `reason` is for the producer's own log: the consumer is told nothing. */
  | { readonly admitted: false; readonly reason: string }

export interface ProducerAdmissionOptions {
  /** The producer's root key: 64 hex digits. It is told to everybody. */
  readonly rootPubkey: string
  /** Told to those who are admitted. */
  readonly services: () => readonly ServiceSummary[]
  readonly decide: (request: AdmissionRequest) => AdmissionDecision | Promise<AdmissionDecision>
}

const encoder = new TextEncoder()

/**
 * Answers the one request of a connection for `aster.consumer_admission`. A request that cannot be read at all (no bytes,
 * no UTF-8, too long) gets the end of the stream without a byte, everything else an answer. Gives the decision.
 *
 * @throws TransportError when the connection is lost
 */
export async function answerAdmission(
  stream: ByteStream,
  options: ProducerAdmissionOptions,
): Promise<AdmissionDecision> {
  let text: string | undefined
  try {
    text = await readMessage(stream, 'request')
  } catch (error) {
    if (!(error instanceof AdmissionError)) throw error
    await stream.finish()
    return { admitted: false, reason: error.message }
  }
  if (text === undefined) {
    await stream.finish()
    return { admitted: false, reason: 'the request is empty' }
  }
  const decision = await decideOn(text, options)
  const answer: AdmissionAnswer = {
    admitted: decision.admitted,
    attributes: decision.admitted ? decision.attributes : {},
    services: decision.admitted ? options.services() : [],
    registryNamespace: '',
    rootPubkey: options.rootPubkey,
    reason: '',
  }
  await stream.write(encoder.encode(formatAnswer(answer)), { finish: true })
  return decision
}

async function decideOn(text: string, options: ProducerAdmissionOptions): Promise<AdmissionDecision> {
  let request: AdmissionRequest
  try {
    request = parseRequest(text)
  } catch (error) {
    return { admitted: false, reason: error instanceof Error ? error.message : String(error) }
  }
  return options.decide(request)
}
