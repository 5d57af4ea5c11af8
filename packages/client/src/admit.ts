import { type AdmissionAnswer, requestAdmission } from '@aster/admission'
import { formatCredential } from '@aster/identity'
import { type Connection, type NodeAddr, RpcError, StatusCode, type Transport, TransportError } from '@aster/rpc-core'
import {
  ADMISSION_ALPN,
  deadlineSignal,
  epochNow,
  NEVER,
  onAbort,
  runAt,
  runSoon,
  TOO_MANY,
} from '@aster/rpc-core/protocol'
import { type AddressRules, addressRules } from './admitted-addresses.ts'
import { admissionsOf } from './admissions-of.ts'
import { backoffMs, pause, systemClock } from './backoff.ts'
import { dial } from './dial.ts'
import { explainRefusal } from './explain-refusal.ts'
import { refuseStreams } from './refuse-streams.ts'
import type { ClientSettings } from './settings.ts'

/** The answer of a producer that admits a client. */
export interface Grant extends Pick<AdmissionAnswer, 'services' | 'attributes' | 'rootPubkey'> {
  /** The rules for the addresses in `services` that may be used. */
  readonly rules: AddressRules
}

/** The options of `admit`. */
export interface AdmitOptions {
  readonly transport: Transport
  readonly address: NodeAddr
  readonly settings: ClientSettings
  /**
   * Cancels the admission with the signal's reason, and closes the connection that stays open afterwards.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Called when a request has been sent.
   *
   * @default none
   */
  readonly onAsked?: (() => void) | undefined
}

/**
 * Milliseconds for which the connection stays open after an admission. The first call usually dials at once, and iroh takes
 * 50 ms longer for a dial right after the end of the only connection to a peer.
 */
const LINGER_MS = 250

/** The number of times that the client asks again after a producer has closed the connection without an answer. */
const MAX_DROPS = 6

/**
 * Asks a producer for admission. If the producer handles too many admissions, asks again after a backoff. If the producer closes
 * the connection without an answer, asks again after a few milliseconds: a producer of Python 0.1.x does so if another
 * connection arrives before the client has read the answer (quirk 46 of docs/python-0.1.md). A one-time credential is sent only
 * once. The connect timeout covers all attempts.
 *
 * @throws AdmissionDeniedError if the producer refuses the client
 * @throws ProducerIdentityError if the producer has another root key than expected
 * @throws AdmissionError if the answer cannot be read
 * @throws RpcError `UNAVAILABLE` if the producer cannot be reached, does not answer in time, goes away, or handles too many
 *   admissions until the timeout
 * @throws the reason of `signal`
 */
export async function admit(options: AdmitOptions): Promise<Grant> {
  const { transport, address, settings, signal = NEVER } = options
  const { connectTimeoutMs } = settings.config
  const deadline = epochNow() + connectTimeoutMs
  let drops = 0
  let refusals = 0
  for (;;) {
    try {
      return await takeTurn(options, deadline)
    } catch (error) {
      if (isDropped(error) && drops < MAX_DROPS && settings.credential?.type !== 'ott') {
        admissionsOf(transport, address.endpointId).isDropped = true
        drops += 1
        await pause(dropPauseMs(drops), signal)
        continue
      }
      if (!isCrowded(error)) throw goneError(address, error)
      refusals += 1
      const waitMs = backoffMs(refusals, systemClock)
      if (epochNow() + waitMs >= deadline) throw crowdedError(address, { refusals, connectTimeoutMs, error })
      await pause(waitMs, signal)
    }
  }
}

/** Waits until this endpoint has fewer than `MAX_ADMISSIONS` requests at the producer, and asks. */
async function takeTurn(options: AdmitOptions, deadline: number): Promise<Grant> {
  const { transport, address, settings, signal } = options
  const { connectTimeoutMs } = settings.config
  const { turns } = admissionsOf(transport, address.endpointId)
  const timed = deadlineSignal(deadline, signal, { error: () => noTurnError(address, connectTimeoutMs) })
  const endTurn = await turns.take(timed.signal).finally(timed.cleanup)
  try {
    return await ask(options, deadline)
  } finally {
    endTurn()
  }
}

async function ask(options: AdmitOptions, deadline: number): Promise<Grant> {
  const { transport, address, settings, signal, onAsked } = options
  const { connectTimeoutMs, enrollmentCredentialIid } = settings.config
  const timeoutMs = deadline - epochNow()
  const { connection } = await dial(transport, address, { alpn: ADMISSION_ALPN, timeoutMs, signal })
  refuseStreams(connection)
  const timed = deadlineSignal(deadline, signal, { error: () => noAnswerError(address, connectTimeoutMs) })
  try {
    const answer = requestAdmission(connection, {
      credentialJson: settings.credential === undefined ? '' : formatCredential(settings.credential),
      iidToken: enrollmentCredentialIid ?? '',
      rootPubkey: settings.rootPubkey,
      hints: (producerRoot) =>
        explainRefusal(settings, { endpointId: transport.localAddress.endpointId, producerRoot }),
      signal: timed.signal,
    })
    if (onAsked !== undefined) runSoon(onAsked)
    const { services, attributes, rootPubkey } = await answer
    const rules = addressRules(connection, address)
    closeLater(transport, connection, signal)
    return { services, attributes, rootPubkey, rules }
  } catch (error) {
    connection.close()
    throw error
  } finally {
    timed.cleanup()
  }
}

/**
 * Closes a connection after `LINGER_MS`, or sooner if `signal` aborts or another connection to the same producer lingers in
 * its place.
 */
function closeLater(transport: Transport, connection: Connection, signal: AbortSignal | undefined): void {
  const admissions = admissionsOf(transport, connection.remoteId)
  admissions.closeLingering()
  const close = (): void => {
    stopTimer()
    stopListening()
    connection.close()
    if (admissions.closeLingering === close) admissions.closeLingering = () => {}
  }
  admissions.closeLingering = close
  const stopTimer = runAt(epochNow() + LINGER_MS, close, { unref: true })
  let stopListening = (): void => {}
  stopListening = onAbort(signal, close)
}

/** Returns true if the producer closed a connection because it handles too many admissions, of this endpoint or in all. */
function isCrowded(error: unknown): error is TransportError {
  return error instanceof TransportError && error.kind === 'closed' && error.code === TOO_MANY
}

/** Returns whether the producer closed a connection without a reason, before the client had an answer. */
function isDropped(error: unknown): boolean {
  return error instanceof TransportError && error.kind === 'closed' && error.code === 0
}

/** Returns the pause after `drops` dropped requests. The random part separates clients that disturb each other. */
function dropPauseMs(drops: number): number {
  return 5 * 2 ** drops * (0.5 + systemClock.random() / 2)
}

function goneError({ endpointId }: NodeAddr, error: unknown): unknown {
  if (!(error instanceof TransportError)) return error
  const text = `the producer ${endpointId} went away during admission: ${error.message}`
  return new RpcError(StatusCode.UNAVAILABLE, text, { cause: error })
}

function noAnswerError({ endpointId }: NodeAddr, timeoutMs: number): RpcError {
  return new RpcError(
    StatusCode.UNAVAILABLE,
    `the producer ${endpointId} did not answer the admission request within ${timeoutMs} ms`,
  )
}

function noTurnError({ endpointId }: NodeAddr, timeoutMs: number): RpcError {
  return new RpcError(
    StatusCode.UNAVAILABLE,
    `cannot reach the producer ${endpointId}: other clients of this process have waited for its admission for ${timeoutMs} ms`,
  )
}

function crowdedError(
  { endpointId }: NodeAddr,
  { refusals, connectTimeoutMs, error }: { refusals: number; connectTimeoutMs: number; error: TransportError },
): RpcError {
  const times = refusals === 1 ? 'once' : `${refusals} times`
  return new RpcError(
    StatusCode.UNAVAILABLE,
    `the producer ${endpointId} refused the admission ${times} within ${connectTimeoutMs} ms because it handles too many (429): ${error.message}; close clients that are not needed, and wait between starts of programs with the same key`,
    { cause: error },
  )
}
