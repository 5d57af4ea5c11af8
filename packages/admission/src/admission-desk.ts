import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { abandonStream, abortable, runGuarded, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { encodeAnswer, receiveRequest } from './answer-request.ts'
import type { AdmissionEvent } from './audit.ts'
import type { ConsumerGate } from './consumer-gate.ts'
import type { AdmissionDecision } from './decision.ts'
import { AdmissionError } from './errors.ts'
import type { ServiceSummary } from './messages.ts'
import type { Visit } from './visit.ts'
import { TOO_MANY, Visits } from './visits.ts'

const SHUTTING_DOWN = 'the producer is shutting down'

export interface AdmissionDeskOptions {
  readonly gate: Pick<ConsumerGate, 'rootPubkey' | 'decide'>
  /** Told to those who are admitted; asked for each time, since addresses change. */
  readonly services: () => readonly ServiceSummary[]
  /** Requests that come before it resolves are decided then. Never rejects. @default resolved */
  readonly ready?: Promise<void> | undefined
  /**
   * Called with every decision, and with every handshake that came to nothing. A failure of it becomes a process warning.
   *
   * @default none
   */
  readonly audit?: ((event: AdmissionEvent) => void) | undefined
  /** Milliseconds that a connection may last, its answer included; behind the answer at most 1,000 more. @default 10,000 */
  readonly timeoutMs?: number | undefined
  /**
   * Connections at a time; more are closed at once with code 429. Those that have their answer give their places away.
   *
   * @default 1,024
   */
  readonly maxConnections?: number | undefined
  /**
   * Connections of one peer at a time that wait for their answers. A further one takes the place of the oldest on which
   * nothing was received, or is closed at once with code 429.
   *
   * @default 4
   */
  readonly maxConnectionsPerPeer?: number | undefined
}

/**
 * The producer's side of the handshake: one request and one answer on the first stream of each connection for
 * `aster.consumer_admission`. Whatever a peer does, its connection is gone after `timeoutMs`.
 */
export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions
  readonly #audit: (event: AdmissionEvent) => void
  readonly #visits: Visits
  #closed = false

  /** @throws AdmissionError where the services alone make an answer that no consumer takes */
  constructor(options: AdmissionDeskOptions) {
    const { timeoutMs = 10_000, maxConnections = 1_024, maxConnectionsPerPeer = 4 } = options
    this.#options = options
    // A log that fails is no reason to turn a consumer away.
    const onError = (error: unknown): void =>
      warnOnce('ASTER_AUDIT', `the audit of admissions failed, and an event is lost: ${errorMessage(error)}`)
    this.#audit = (event) => runGuarded(() => options.audit?.(event), onError)
    this.#visits = new Visits({ timeoutMs, maxVisits: maxConnections, maxVisitsPerPeer: maxConnectionsPerPeer })
    encodeAnswer({ admitted: true, attributes: {} }, options.gate.rootPubkey, options.services())
  }

  /** Resolves, and never rejects, once the connection is gone. */
  async attend(connection: Connection): Promise<void> {
    const peer = connection.remoteId
    if (this.#closed) {
      this.#audit({ peer, decision: 'dropped', reason: SHUTTING_DOWN })
      return connection.close()
    }
    const visit = this.#visits.begin(connection)
    if (typeof visit === 'string') {
      this.#audit({ peer, decision: 'dropped', reason: visit })
      return connection.close(TOO_MANY, visit)
    }
    let answered: Promise<void> | undefined
    try {
      for await (const stream of connection.incomingStreams()) {
        if (answered === undefined) answered = this.#answer(stream, visit)
        else abandonStream(stream)
      }
      if (answered === undefined) this.#drop(visit, new AdmissionError('the consumer left without a request'))
      await answered
    } catch (error) {
      this.#drop(visit, error)
    } finally {
      this.#visits.leave(visit)
    }
  }

  /** Closes every connection, and those that come later. */
  close(): void {
    this.#closed = true
    this.#visits.endAll(SHUTTING_DOWN)
  }

  /** Never rejects. */
  async #answer(stream: ByteStream, visit: Visit): Promise<void> {
    try {
      const answer = await abortable(this.#decide(stream, visit), visit.signal)
      if (answer === undefined) await abortable(stream.finish(), visit.signal)
      else await abortable(stream.write(answer, { finish: true }), visit.signal)
      visit.answered()
    } catch (error) {
      this.#drop(visit, error)
      abandonStream(stream)
      visit.end('')
    }
  }

  /** Returns the bytes to answer with, if any. */
  async #decide(stream: ByteStream, visit: Visit): Promise<Uint8Array | undefined> {
    const { gate, services, ready } = this.#options
    const { peer } = visit
    const received = await receiveRequest(stream, () => visit.hear())
    await ready
    // A visit that ended meanwhile has ended the request as well, anywhere within it.
    visit.signal.throwIfAborted()
    const decision: AdmissionDecision =
      'request' in received ? await gate.decide(received.request, peer) : { admitted: false, reason: received.problem }
    const { admitted, credential } = decision
    if (admitted) this.#audit({ peer, decision: 'admitted', credential })
    else this.#audit({ peer, decision: 'denied', reason: decision.reason, credential, cause: decision.cause })
    if ('silent' in received && received.silent) return undefined
    return encodeAnswer(decision, gate.rootPubkey, services())
  }

  #drop({ peer, signal }: Visit, error: unknown): void {
    const reason: unknown = signal.aborted ? signal.reason : error
    const expected = reason instanceof AdmissionError || reason instanceof TransportError
    this.#audit({
      peer,
      decision: 'dropped',
      reason: errorMessage(reason),
      ...(!expected && { cause: reason }),
    })
  }
}
