import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { abandonStream, abortable, runGuarded, TOO_MANY, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { encodeAnswer, readRequest, receiveRequest } from './answer-request.ts'
import { type AdmissionLimits, checkAdmissionLimits } from './admission-limits.ts'
import type { AdmissionEvent } from './audit.ts'
import type { ConsumerGate } from './consumer-gate.ts'
import type { AdmissionDecision } from './decision.ts'
import { AdmissionError } from './errors.ts'
import type { ServiceSummary } from './messages.ts'
import { PacedTurns } from './paced-turns.ts'
import type { Visit } from './visit.ts'
import { Visits } from './visits.ts'

const SHUTTING_DOWN = 'the producer is shutting down'

/**
 * Characters above which requests take turns. The work for a request grows with its length, up to 10 ms at the limit. Most
 * requests are smaller and do not wait.
 */
const LARGE = 4_096

/** The number of streams beside the first of a connection, which are reset. If a peer opens more, the connection is closed. */
const MAX_FURTHER_STREAMS = 16

/** The state of a desk, and its counts since it was created. */
export interface AdmissionStats {
  /** Connections for admission that are open. */
  readonly open: number
  /** Connections among `open` that wait for their answers. */
  readonly waiting: number
  /** Requests that were granted. */
  readonly admitted: number
  /** Requests that were not granted, including bytes that are not a request. */
  readonly denied: number
  /** Connections that ended before they had an answer. */
  readonly dropped: number
  /** Connections among `dropped` that were closed with code 429, since they were too many or too slow. */
  readonly refused: number
  /** Connections over the rate of their address, with any outcome. */
  readonly overRate: number
}

/** Options of an `AdmissionDesk`. */
export interface AdmissionDeskOptions extends AdmissionLimits {
  /** Decides about each request. */
  readonly gate: Pick<ConsumerGate, 'rootPubkey' | 'decide'>
  /** Returns the services that an answer lists. Called for each answer, since addresses change. */
  readonly services: () => readonly ServiceSummary[]
  /**
   * Requests that arrive before this promise resolves are decided when it resolves. The promise must not reject.
   *
   * @default a resolved promise
   */
  readonly ready?: Promise<void> | undefined
  /**
   * Called with each decision, and with each handshake that ended without one. If it throws, a process warning reports the
   * error.
   *
   * @default no function
   */
  readonly audit?: ((event: AdmissionEvent) => void) | undefined
}

/**
 * The side of the producer in the handshake. It reads one request and sends one answer on the first stream of each connection
 * for `aster.consumer_admission`. Each connection is closed after `timeoutMs`, even if the peer does nothing. Even if very
 * many connections are open, a new connection has enough time for its request.
 */
export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions
  readonly #audit: (event: AdmissionEvent) => void
  readonly #visits: Visits
  readonly #turns = new PacedTurns()
  readonly #events = { admitted: 0, denied: 0, dropped: 0 }
  #closed = false

  /**
   * @throws AdmissionError if the list of services is longer than the answers that consumers accept
   * @throws AsterError if a limit is wrong
   */
  constructor(options: AdmissionDeskOptions) {
    const { timeoutMs = 10_000, maxConnections = 1_024, maxConnectionsPerPeer = 4, perAddress = {} } = options
    const { perSecond = 100, burst = 1_000 } = perAddress
    checkAdmissionLimits('AdmissionDesk', { timeoutMs, maxConnections, maxConnectionsPerPeer, perAddress })
    this.#options = options
    // A consumer is admitted even if the log fails.
    const onError = (error: unknown): void =>
      warnOnce('ASTER_AUDIT', `the audit of admissions failed, and an event is lost: ${errorMessage(error)}`)
    this.#audit = (event) => {
      this.#events[event.decision]++
      runGuarded(() => options.audit?.(event), onError)
    }
    const [maxVisits, maxVisitsPerPeer] = [maxConnections, maxConnectionsPerPeer]
    this.#visits = new Visits({ timeoutMs, maxVisits, maxVisitsPerPeer, perSecond, burst })
    encodeAnswer({ admitted: true, attributes: {} }, options.gate.rootPubkey, options.services())
  }

  /** The state of the desk, and its counts so far. */
  get stats(): AdmissionStats {
    return { ...this.#visits.counts, ...this.#events }
  }

  /** Handles a connection for admission. Resolves when the connection is closed, and never rejects. */
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
    let further = 0
    try {
      for await (const stream of connection.incomingStreams()) {
        if (answered === undefined) answered = this.#answer(stream, visit)
        else {
          abandonStream(stream)
          if (++further > MAX_FURTHER_STREAMS)
            visit.end(`the consumer opened more than ${MAX_FURTHER_STREAMS} further streams`)
        }
      }
      if (answered === undefined) this.#drop(visit, new AdmissionError('the consumer left without a request'))
      await answered
    } catch (error) {
      this.#drop(visit, error)
    } finally {
      visit.end('')
    }
  }

  /** Closes every connection, and each later one at once. */
  close(): void {
    this.#closed = true
    this.#visits.endAll(SHUTTING_DOWN)
  }

  /** Reads the request and sends the answer. Never rejects. */
  async #answer(stream: ByteStream, visit: Visit): Promise<void> {
    try {
      const answer = await abortable(this.#decide(stream, visit), visit.signal)
      visit.advance('answering')
      if (answer === undefined) await abortable(stream.finish(), visit.signal)
      else await abortable(stream.write(answer, { finish: true }), visit.signal)
      visit.advance('answered')
    } catch (error) {
      this.#drop(visit, error)
      abandonStream(stream)
      visit.end('')
    }
  }

  /** Returns the bytes of the answer, or `undefined` if the stream ends without an answer. */
  async #decide(stream: ByteStream, visit: Visit): Promise<Uint8Array | undefined> {
    const { gate, services, ready } = this.#options
    const received = await receiveRequest(stream, () => visit.advance('asking'))
    if ('problem' in received) {
      this.#tell(visit, { admitted: false, reason: received.problem })
      return undefined
    }
    const { text } = received
    const isLarge = text.length > LARGE
    if (!isLarge) visit.advance('asked')
    await ready
    // The visit may have ended in the meantime, at any point of the request.
    visit.signal.throwIfAborted()
    const decide = (): Promise<AdmissionDecision> => this.#decideOn(text, visit)
    const decision = await (isLarge ? this.#turns.run(visit.signal, decide) : decide())
    this.#tell(visit, decision)
    return encodeAnswer(decision, gate.rootPubkey, services())
  }

  async #decideOn(text: string, visit: Visit): Promise<AdmissionDecision> {
    visit.advance('asked')
    const received = readRequest(text)
    if ('problem' in received) return { admitted: false, reason: received.problem }
    return this.#options.gate.decide(received.request, visit.peer)
  }

  #tell({ peer }: Visit, decision: AdmissionDecision): void {
    const { admitted, credential } = decision
    if (admitted) this.#audit({ peer, decision: 'admitted', credential })
    else this.#audit({ peer, decision: 'denied', reason: decision.reason, credential, cause: decision.cause })
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
