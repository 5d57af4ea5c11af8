import type { ByteStream } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import type { AdmissionDecision } from './decision.ts'
import { AdmissionError } from './errors.ts'
import { type AdmissionRequest, formatAnswer, parseRequest, type ServiceSummary } from './messages.ts'
import { readMessage } from './read-message.ts'

/** The request of a consumer, or the reason why it cannot be read. */
export type Received = { readonly request: AdmissionRequest } | { readonly problem: string }

/**
 * Returns the text of a request, or a problem if the bytes are not text. Such a stream ends without an answer, as with the
 * Python producer. See quirk 24 of docs/python-0.1.md.
 *
 * @param onBytes called for each chunk that is received
 * @throws TransportError if the consumer resets the stream, or if the connection is lost
 */
export async function receiveRequest(
  stream: ByteStream,
  onBytes: () => void,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  try {
    const text = await readMessage(stream, 'admission request', onBytes)
    return text === undefined ? { problem: 'admission request: expected one, found the end of the stream' } : { text }
  } catch (error) {
    if (error instanceof AdmissionError) return { problem: error.message }
    throw error
  }
}

/** Parses the text of a request. */
export function readRequest(text: string): Received {
  try {
    return { request: parseRequest(text) }
  } catch (error) {
    if (error instanceof AdmissionError) return { problem: error.message }
    throw error
  }
}

const encoder = new TextEncoder()

/**
 * Returns the bytes of an answer. All refusals have the same bytes.
 *
 * @throws AdmissionError if the answer is longer than consumers accept
 */
export function encodeAnswer(
  decision: AdmissionDecision,
  rootPubkey: string,
  services: readonly ServiceSummary[],
): Uint8Array {
  const { admitted } = decision
  const bytes = encoder.encode(
    formatAnswer({
      admitted,
      attributes: admitted ? decision.attributes : {},
      services: admitted ? services : [],
      registryNamespace: '',
      rootPubkey,
      reason: '',
    }),
  )
  if (bytes.length <= LIMITS.admissionMessage) return bytes
  throw new AdmissionError(
    `admission answer: ${services.length} services make ${bytes.length} bytes, and a consumer takes ${LIMITS.admissionMessage}`,
  )
}
