import { type AdmissionAnswer, requestAdmission } from '@aster/admission'
import { credentialFindings, formatCredential } from '@aster/identity'
import { type Connection, type NodeAddr, RpcError, StatusCode, type Transport, TransportError } from '@aster/rpc-core'
import { ADMISSION_ALPN, deadlineSignal, onAbort, epochNow } from '@aster/rpc-core/protocol'
import { dial } from './dial.ts'
import type { ClientSettings } from './settings.ts'

/** What a producer grants to a client that it admits. */
export type Grant = Pick<AdmissionAnswer, 'services' | 'attributes'>

export interface AdmitOptions {
  readonly transport: Transport
  readonly address: NodeAddr
  readonly settings: ClientSettings
  /** Ends the admission, with its reason, and the connection that stays open behind it. @default none */
  readonly signal?: AbortSignal | undefined
}

/**
 * Milliseconds for which the connection stays open after an admission. The first call dials at once, and iroh takes 50 ms
 * longer for a dial right behind the end of the only connection to a peer.
 */
const LINGER_MS = 250

/**
 * Asks a producer for admission. The connect timeout covers the dial and the answer.
 *
 * @throws AdmissionDeniedError · ProducerIdentityError · AdmissionError
 * @throws RpcError `UNAVAILABLE` if the producer cannot be reached, does not answer in time, or goes away
 * @throws the reason of `signal`
 */
export async function admit({ transport, address, settings, signal }: AdmitOptions): Promise<Grant> {
  const { connectTimeoutMs, enrollmentCredentialIid } = settings.config
  const started = performance.now()
  const connection = await dial(transport, address, { alpn: ADMISSION_ALPN, timeoutMs: connectTimeoutMs, signal })
  const leftMs = connectTimeoutMs - (performance.now() - started)
  const timed = deadlineSignal(epochNow() + leftMs, signal, { error: () => noAnswerError(address, connectTimeoutMs) })
  try {
    const { services, attributes } = await requestAdmission(connection, {
      credentialJson: settings.credential === undefined ? '' : formatCredential(settings.credential),
      iidToken: enrollmentCredentialIid ?? '',
      rootPubkey: settings.rootPubkey,
      hints: () => explainRefusal(settings, transport.localAddress.endpointId),
      signal: timed.signal,
    })
    closeLater(connection, signal)
    return { services, attributes }
  } catch (error) {
    connection.close()
    if (!(error instanceof TransportError)) throw error
    throw new RpcError(
      StatusCode.UNAVAILABLE,
      `the producer ${address.endpointId} went away during admission: ${error.message}`,
      { cause: error },
    )
  } finally {
    timed.cleanup()
  }
}

/** Closes a connection after `LINGER_MS`, or when `signal` aborts if that is sooner. */
function closeLater(connection: Connection, signal: AbortSignal | undefined): void {
  const lingering = deadlineSignal(epochNow() + LINGER_MS, signal, { unref: true })
  onAbort(lingering.signal, () => {
    lingering.cleanup()
    connection.close()
  })
}

function noAnswerError({ endpointId }: NodeAddr, timeoutMs: number): RpcError {
  return new RpcError(
    StatusCode.UNAVAILABLE,
    `the producer ${endpointId} did not answer the admission request within ${timeoutMs} ms`,
  )
}

/**
 * Returns the reasons that may explain a refusal, as far as this side can tell: a producer need not state any. A credential
 * that looks wrong here is sent all the same, because the clocks of the two sides may differ.
 */
function explainRefusal({ credential, rootPubkey }: ClientSettings, endpointId: string): readonly string[] {
  if (credential === undefined) return ['no credential was sent']
  const found = credentialFindings(credential, { endpointId, rootPubkey }).map((finding) => finding.message)
  if (found.length > 0) return found
  return credential.type === 'ott'
    ? ['the one-time credential may have been used before']
    : ['the credential was sent and looks right from here']
}
