import { type AdmissionAnswer, requestAdmission, type ServiceSummary } from '@aster/admission'
import { credentialFindings, formatCredential } from '@aster/identity'
import { type Connection, type NodeAddr, RpcError, StatusCode, type Transport, TransportError } from '@aster/rpc-core'
import { ADMISSION_ALPN, onAbort } from '@aster/rpc-core/protocol'
import { dial } from './dial.ts'
import type { ClientSettings } from './settings.ts'

export interface Admitted {
  readonly producer: NodeAddr
  readonly services: readonly ServiceSummary[]
  readonly attributes: Readonly<Record<string, string>>
}

/**
 * How long the connection stays open behind an admission: the first call dials, and iroh takes 50 ms longer for a dial right
 * behind the end of the only connection to a peer.
 */
const LINGER_MS = 250

/** Asks a producer to be let in, within the connect timeout. `signal` also ends what is left of the connection. */
export async function admit(
  transport: Transport,
  producer: NodeAddr,
  settings: ClientSettings,
  signal: AbortSignal | undefined,
): Promise<Admitted> {
  const { connectTimeoutMs, enrollmentCredentialIid } = settings.config
  const started = performance.now()
  const connection = await dial(transport, producer, ADMISSION_ALPN, connectTimeoutMs, signal)
  const controller = new AbortController()
  const timeout = new RpcError(
    StatusCode.UNAVAILABLE,
    `the producer ${producer.endpointId} did not answer the admission request within ${connectTimeoutMs} ms`,
  )
  const timer = setTimeout(
    () => controller.abort(timeout),
    Math.max(0, connectTimeoutMs - (performance.now() - started)),
  )
  const off = onAbort(signal, () => controller.abort(signal?.reason))
  try {
    const answer: AdmissionAnswer = await requestAdmission(connection, {
      credentialJson: settings.credential === undefined ? '' : formatCredential(settings.credential),
      iidToken: enrollmentCredentialIid ?? '',
      rootPubkey: settings.rootPubkey,
      hints: () => hintsFor(settings, transport.localAddress.endpointId),
      signal: controller.signal,
    })
    linger(connection, signal)
    return { producer, services: answer.services, attributes: answer.attributes }
  } catch (error) {
    connection.close()
    if (!(error instanceof TransportError)) throw error
    throw new RpcError(
      StatusCode.UNAVAILABLE,
      `the producer ${producer.endpointId} went away during admission: ${error.message}`,
      { cause: error },
    )
  } finally {
    clearTimeout(timer)
    off()
  }
}

function linger(connection: Connection, signal: AbortSignal | undefined): void {
  let off = (): void => {}
  const timer = setTimeout(() => {
    off()
    connection.close()
  }, LINGER_MS)
  timer.unref()
  off = onAbort(signal, () => {
    clearTimeout(timer)
    connection.close()
  })
}

/** What may explain a refusal: a producer does not tell, and clocks and networks may yet settle it. */
function hintsFor({ credential, rootPubkey }: ClientSettings, endpointId: string): readonly string[] {
  if (credential === undefined) return ['no credential was sent']
  const found = credentialFindings(credential, { endpointId, rootPubkey }).map((finding) => finding.message)
  if (found.length > 0) return found
  return credential.type === 'ott'
    ? ['the one-time credential may have been used before']
    : ['the credential was sent and looks right from here']
}
