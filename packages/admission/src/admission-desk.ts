import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { abandonStream, abortable } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { encodeAnswer, receiveRequest } from './answer-request.ts'
import type { AdmissionEvent } from './audit.ts'
import type { ConsumerGate } from './consumer-gate.ts'
import type { AdmissionDecision } from './decision.ts'
import { AdmissionError } from './errors.ts'
import type { ServiceSummary } from './messages.ts'

/** The application code with which a connection beyond the limits is closed. */
const TOO_MANY = 429

export interface AdmissionDeskOptions {
  readonly gate: Pick<ConsumerGate, 'rootPubkey' | 'decide'>
  /** Told to those who are admitted; asked for each time, since addresses change. */
  readonly services: () => readonly ServiceSummary[]
  /** Is told of every decision, and of every handshake that came to nothing. @default nobody is */
  readonly audit?: ((event: AdmissionEvent) => void) | undefined
  /** Milliseconds that a connection may last, its answer included. @default 10,000 */
  readonly timeoutMs?: number | undefined
  /** Connections at a time; more are closed at once. @default 1,024 */
  readonly maxConnections?: number | undefined
  /** Connections of one peer at a time. @default 4 */
  readonly maxConnectionsPerPeer?: number | undefined
}

/** A connection that is being attended to. */
interface Visit {
  readonly peer: string
  readonly signal: AbortSignal
  /** Closes the connection, whatever is under way on it. */
  end(reason: string): void
}

/**
 * The producer's side of the handshake: one request and one answer on the first stream of each connection for
 * `aster.consumer_admission`. Whatever a peer does, its connection is gone after `timeoutMs`.
 */
export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions
  readonly #audit: (event: AdmissionEvent) => void
  readonly #visits = new Set<Visit>()
  #closed = false

  /** @throws AdmissionError where the services alone make an answer that no consumer takes */
  constructor(options: AdmissionDeskOptions) {
    this.#options = options
    this.#audit = (event) => {
      try {
        options.audit?.(event)
      } catch {
        // A log that fails is no reason to turn a consumer away.
      }
    }
    encodeAnswer({ admitted: true, attributes: {} }, options.gate.rootPubkey, options.services())
  }

  /** Resolves, and never rejects, once the connection is gone. */
  async attend(connection: Connection): Promise<void> {
    const peer = connection.remoteId
    const refusal = this.#refusal(peer)
    if (refusal !== undefined) {
      this.#audit({ peer, decision: 'dropped', reason: refusal })
      return this.#closed ? connection.close() : connection.close(TOO_MANY, refusal)
    }
    const visit = this.#begin(connection)
    let answered: Promise<void> | undefined
    try {
      for await (const stream of connection.incomingStreams()) {
        if (answered === undefined) answered = this.#answer(stream, connection, visit)
        else abandonStream(stream)
      }
      if (answered === undefined) this.#drop(visit, new AdmissionError('the consumer left without a request'))
      await answered
    } catch (error) {
      this.#drop(visit, error)
    } finally {
      visit.end('')
      this.#visits.delete(visit)
    }
  }

  /** Closes every connection, and those that come later. */
  close(): void {
    this.#closed = true
    for (const visit of this.#visits) visit.end('the producer is shutting down')
  }

  #refusal(peer: string): string | undefined {
    const { maxConnections = 1_024, maxConnectionsPerPeer = 4 } = this.#options
    if (this.#closed) return 'the producer is shutting down'
    if (this.#visits.size >= maxConnections) return 'too many admissions at once'
    const ofPeer = [...this.#visits].filter((visit) => visit.peer === peer).length
    return ofPeer >= maxConnectionsPerPeer ? 'too many admissions of one peer at once' : undefined
  }

  #begin(connection: Connection): Visit {
    const { timeoutMs = 10_000 } = this.#options
    const controller = new AbortController()
    const visit: Visit = {
      peer: connection.remoteId,
      signal: controller.signal,
      end: (reason) => {
        clearTimeout(timer)
        controller.abort(new AdmissionError(reason))
        connection.close()
      },
    }
    const timer = setTimeout(() => visit.end(`the handshake took more than ${timeoutMs} ms`), timeoutMs)
    this.#visits.add(visit)
    return visit
  }

  /** Never rejects. */
  async #answer(stream: ByteStream, connection: Connection, visit: Visit): Promise<void> {
    try {
      const answer = await abortable(this.#decide(stream, visit.peer), visit.signal)
      if (answer === undefined) await abortable(stream.finish(), visit.signal)
      else await abortable(stream.write(answer, { finish: true }), visit.signal)
    } catch (error) {
      this.#drop(visit, error)
      abandonStream(stream)
      connection.close()
    }
  }

  /** The bytes to answer with, if any. */
  async #decide(stream: ByteStream, peer: string): Promise<Uint8Array | undefined> {
    const { gate, services } = this.#options
    const received = await receiveRequest(stream)
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
