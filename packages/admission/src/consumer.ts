import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { errorMessage, printable } from '@aster/rpc-core/schema'
import { abandonStream, abortable, LIMITS, NOT_ADMITTED, onAbort, warnOnce } from '@aster/rpc-core/protocol'
import { AdmissionDeniedError, AdmissionError, ProducerIdentityError } from './errors.ts'
import { type AdmissionAnswer, type AdmissionRequest, formatRequest, parseAnswer } from './messages.ts'
import { readMessage } from './read-message.ts'

export interface ConsumerAdmissionOptions extends Partial<AdmissionRequest> {
  /** The root key that the producer must name: 64 hex digits. @default any */
  rootPubkey?: string | undefined
  /**
   * Called where it is refused, with the root key that the producer names, if it names one: what in the credential may explain
   * the refusal. @default none
   */
  hints?: ((producerRoot: string | undefined) => readonly string[]) | undefined
  /** Ends the handshake at any step, with its reason. A handshake has no time limit of its own. */
  signal?: AbortSignal | undefined
}

/**
 * Asks to be let in, on a connection for `aster.consumer_admission`. The connection stays open: closing it is the
 * caller's, and takes nothing away.
 *
 * @throws ProducerIdentityError when the producer names another root key, whether it admits or not
 * @throws AdmissionDeniedError when it does not admit
 * @throws AdmissionError for an answer that breaks the protocol, and for a request above 65,536 bytes
 * @throws TransportError when the connection is lost
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
      // An answer without a byte is how a producer refuses what it cannot read.
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

/** Returns an answer that admits, or throws. The root key comes first: what another producer decides is of no interest. */
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

/** Returns no hints if the function of the user fails: the refusal is what counts. */
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
    // A producer may have heard enough before the end: its answer decides.
    if (!(error instanceof TransportError) || error.kind !== 'stopped') throw error
  }
  return readMessage(stream, 'admission answer')
}
