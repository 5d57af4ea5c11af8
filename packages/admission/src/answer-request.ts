import type { ByteStream } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import type { AdmissionDecision } from './decision.ts'
import { AdmissionError } from './errors.ts'
import { type AdmissionRequest, formatAnswer, parseRequest, type ServiceSummary } from './messages.ts'
import { readMessage } from './read-message.ts'

/** What a request turned out to be. */
export type Received = { readonly request: AdmissionRequest } | { readonly problem: string }

/**
 * Returns the text of a request. A request that is not UTF-8 is answered by the end of the stream (quirk 24 of docs/python-0.1.md).
 *
 * @param onBytes called with every piece that is received
 * @throws TransportError when the consumer resets, or the connection is lost
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

/** Reads the text of a request. */
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
 * The bytes of an answer. Those of a refusal are always the same.
 *
 * @throws AdmissionError where there are more than a consumer takes
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
