import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { errorMessage, printable } from '@aster/rpc-core/schema'
import { abandonStream, abortable, LIMITS, NOT_ADMITTED, onAbort, warnOnce } from '@aster/rpc-core/protocol'
import { AdmissionDeniedError, AdmissionError, ProducerIdentityError } from './errors.ts'
import { type AdmissionAnswer, type AdmissionRequest, formatRequest, parseAnswer } from './messages.ts'
import { readMessage } from './read-message.ts'

/** Options of `requestAdmission`. */
export interface ConsumerAdmissionOptions extends Partial<AdmissionRequest> {
  /**
   * The root key that the producer must name: 64 hex digits.
   *
   * @default any root key
   */
  rootPubkey?: string | undefined
  /**
   * Returns possible reasons for a refusal. Called if the producer refuses, with the root key that it names, if any.
   *
   * @default no hints
   */
  hints?: ((producerRoot: string | undefined) => readonly string[]) | undefined
  /** Aborts the handshake at any step with its reason. A handshake has no time limit of its own. */
  signal?: AbortSignal | undefined
}

/**
 * Requests admission on a connection for `aster.consumer_admission`. Returns the answer that admits. The connection stays
 * open; the caller closes it, which does not end the access.
 *
 * @throws ProducerIdentityError if the producer names another root key, whether or not it admits
 * @throws AdmissionDeniedError if the producer does not admit
 * @throws AdmissionError if the answer breaks the protocol, or if the request is longer than 65,536 bytes
 * @throws TransportError if the connection is lost
 */
export async function requestAdmission(
  connection: Connection,
  options: ConsumerAdmissionOptions = {},
): Promise<AdmissionAnswer> {
  const { credentialJson = '', iidToken = '', rootPubkey, hints, signal } = options
  const request = encodeRequest({ credentialJson, iidToken })
  try {
    const stream = await abortable(connection.openStream({ signal }), signal, abandonStream)
    const stopListening = onAbort(signal, () => abandonStream(stream))
    try {
      const text = await abortable(exchange(stream, request), signal)
      // A producer refuses a request that it cannot read with an empty answer.
      if (text === undefined) throw new AdmissionDeniedError(readHints(hints))
      return assertAdmitted(parseAnswer(text), rootPubkey?.toLowerCase(), hints)
    } finally {
      stopListening()
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    if (error.code === NOT_ADMITTED) throw new AdmissionDeniedError(readHints(hints), { cause: error })
    if (error.kind !== 'reset') throw error
    throw new AdmissionError('the producer abandoned the admission handshake', { cause: error })
  }
}

/**
 * Returns an answer that admits, or throws. The root key is checked first, because the decision of a producer with another
 * root key does not matter.
 */
function assertAdmitted(
  answer: AdmissionAnswer,
  rootPubkey: string | undefined,
  hints: ConsumerAdmissionOptions['hints'],
): AdmissionAnswer {
  if (rootPubkey !== undefined && answer.rootPubkey !== rootPubkey) {
    throw new ProducerIdentityError(rootPubkey, answer.rootPubkey)
  }
  if (answer.admitted) return answer
  const told = answer.reason === '' ? [] : [`the producer says: ${printable(answer.reason)}`]
  throw new AdmissionDeniedError([...told, ...readHints(hints, answer.rootPubkey || undefined)])
}

/** Returns the hints, or no hints if the function throws, so that the refusal is reported in any case. */
function readHints(hints: ConsumerAdmissionOptions['hints'], producerRoot?: string): readonly string[] {
  try {
    return hints?.(producerRoot).map(String) ?? []
  } catch (error) {
    warnOnce('ASTER_HINTS', `hints of an admission failed: ${errorMessage(error)}`)
    return []
  }
}

function encodeRequest(request: AdmissionRequest): Uint8Array {
  const bytes = new TextEncoder().encode(formatRequest(request))
  if (bytes.length <= LIMITS.admissionMessage) return bytes
  const { credentialJson, iidToken } = request
  const found = `a credential of ${credentialJson.length} characters and an IID token of ${iidToken.length}`
  throw new AdmissionError(`admission request: expected at most ${LIMITS.admissionMessage} bytes, found ${found}`)
}

async function exchange(stream: ByteStream, request: Uint8Array): Promise<string | undefined> {
  try {
    await stream.write(request, { finish: true })
  } catch (error) {
    // A producer may stop the request early. Its answer still counts.
    if (!(error instanceof TransportError) || error.kind !== 'stopped') throw error
  }
  return readMessage(stream, 'admission answer')
}
