import { type Connection, TransportError } from '@aster/rpc-core'
import { abortable, NOT_ADMITTED, onAbort } from '@aster/rpc-core/protocol'
import { AdmissionDeniedError, AdmissionError, ProducerIdentityError } from './errors.ts'
import { type AdmissionAnswer, type AdmissionRequest, formatRequest, parseAnswer } from './messages.ts'
import { readMessage } from './read-message.ts'

export interface ConsumerAdmissionOptions extends Partial<AdmissionRequest> {
  /** The root key that the producer must name: 64 hex digits. @default any */
  rootPubkey?: string | undefined
  /** What may explain a refusal, found in the credential before it was sent. @default none */
  hints?: readonly string[] | undefined
  /** Ends the handshake at any step, with its reason. A handshake has no time limit of its own. */
  signal?: AbortSignal | undefined
}

const encoder = new TextEncoder()

/**
 * Asks to be let in, on a connection for `aster.consumer_admission`.
 *
 * @throws ProducerIdentityError when the producer names another root key, whether it admits or not
 * @throws AdmissionDeniedError when it does not admit
 * @throws AdmissionError for an answer that breaks the protocol
 * @throws TransportError when the connection is lost
 */
export async function requestAdmission(
  connection: Connection,
  options: ConsumerAdmissionOptions = {},
): Promise<AdmissionAnswer> {
  const { credentialJson = '', iidToken = '', rootPubkey, hints, signal } = options
  try {
    const stream = await abortable(connection.openStream({ signal }), signal, (late) => {
      late.reset(0)
      late.stop(0)
    })
    const off = onAbort(signal, () => {
      stream.reset(0)
      stream.stop(0)
    })
    try {
      const request = encoder.encode(formatRequest({ credentialJson, iidToken }))
      await abortable(stream.write(request, { finish: true }), signal)
      const text = await abortable(readMessage(stream, 'answer'), signal)
      // An answer without a byte is how a producer refuses what it cannot read.
      if (text === undefined) throw new AdmissionDeniedError(hints)
      const answer = parseAnswer(text)
      if (rootPubkey !== undefined && answer.rootPubkey !== rootPubkey.toLowerCase()) {
        throw new ProducerIdentityError(rootPubkey.toLowerCase(), answer.rootPubkey)
      }
      if (!answer.admitted)
        throw new AdmissionDeniedError(answer.reason === '' ? hints : [answer.reason, ...(hints ?? [])])
      return answer
    } finally {
      off()
    }
  } catch (error) {
    if (error instanceof TransportError && error.code === NOT_ADMITTED)
      throw new AdmissionDeniedError(hints, { cause: error })
    if (error instanceof TransportError && error.kind === 'reset') {
      throw new AdmissionError('the producer abandoned the admission handshake', { cause: error })
    }
    throw error
  }
}
