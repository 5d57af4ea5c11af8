import type { ServiceSummary } from '@aster/admission'
import { AsterError, type NodeAddr, RpcError, StatusCode } from '@aster/rpc-core'
import { isUnavailable } from '@aster/rpc-core/protocol'
import type { Admission } from './admit.ts'
import { firstSuccess } from './first-success.ts'
import type { TargetLease } from './target-lease.ts'
import { createPicker, type Picker } from './picker.ts'
import type { Policy } from './policy.ts'
import { Producer, type Surroundings } from './producer.ts'
import { differenceOf, type Route } from './route.ts'

export interface ProducerSetOptions extends Omit<Surroundings, 'accept'> {
  readonly policy: Policy
  /** Whether the contract ids of all producers must be the same. */
  readonly strictContract: boolean
}

/** How long one producer may take before the next is tried beside it. */
const STAGGER_MS = 1_000

const NONE: ReadonlySet<Producer> = new Set()

/**
 * The producers of a client. A call goes to one that works; where connecting fails it goes to the others. One that failed
 * is left alone for its backoff, and then tried again beside the calls, which go on elsewhere.
 */
export class ProducerSet {
  readonly #producers: readonly Producer[]
  readonly #options: ProducerSetOptions
  readonly #picker: Picker<Producer>

  constructor(addresses: readonly NodeAddr[], options: ProducerSetOptions) {
    this.#options = options
    this.#picker = createPicker(options.policy)
    const around: Surroundings = { ...options, accept: (producer, services) => this.#accept(producer, services) }
    this.#producers = mergeAddresses(addresses).map((address) => new Producer(address, around))
  }

  /**
   * Resolves once a producer has admitted this client. With `pick-first` they are asked one after another, the next where
   * one fails or takes long; else all at once, and those that answer later join in. Throws where none admits: a refusal
   * rather than `UNAVAILABLE`.
   */
  async connect(): Promise<void> {
    const { policy, closing } = this.#options
    const rest = [...this.#producers]
    try {
      if (policy === 'pick-first')
        await firstSuccess(
          () => rest.shift()?.admit(),
          STAGGER_MS,
          () => {},
        )
      else await Promise.any(rest.map((producer) => producer.admit()))
    } catch (error) {
      closing.throwIfAborted()
      const { errors } = error as AggregateError
      throw errors.find((one) => !isUnavailable(one)) ?? oneOf(errors)
    }
  }

  /** What the producers offer: of the first that works, else what was offered last. */
  get admitted(): Admission | undefined {
    const admitted = this.#producers.filter((producer) => producer.admitted !== undefined)
    return (admitted.find(({ up }) => up) ?? admitted[0])?.admitted
  }

  /** Whether any producer works, as far as is known. */
  get up(): boolean {
    return this.#producers.some(({ up }) => up)
  }

  /** A connection for a call. Throws `UNAVAILABLE`, or why the only producer refuses. */
  lease(route: Route): TargetLease | Promise<TargetLease> {
    this.#options.closing.throwIfAborted()
    const producer = this.#pick(route, NONE)
    if (producer === undefined) throw noneOffers(route)
    const lease = producer.lease(route)
    return lease instanceof Promise ? this.#follow(route, producer, lease) : lease
  }

  /** Goes on to the others where the first cannot be reached, or not soon. */
  async #follow(route: Route, first: Producer, lease: Promise<TargetLease>): Promise<TargetLease> {
    const tried = new Set([first])
    let begun: Promise<TargetLease> | undefined = lease
    const begin = (): Promise<TargetLease> | undefined => {
      if (begun !== undefined) {
        const attempt = begun
        begun = undefined
        return attempt
      }
      const other = this.#pick(route, tried)
      if (other === undefined) return undefined
      tried.add(other)
      return Promise.resolve(other.lease(route))
    }
    try {
      return await firstSuccess(begin, STAGGER_MS, (late) => late.discard())
    } catch (error) {
      this.#options.closing.throwIfAborted()
      throw oneOf((error as AggregateError).errors)
    }
  }

  #pick(route: Route, tried: ReadonlySet<Producer>): Producer | undefined {
    if (this.#producers.length === 1) return tried.size === 0 ? this.#producers[0] : undefined
    const candidates = this.#producers.filter((producer) => !tried.has(producer) && producer.mayOffer(route))
    const ready = candidates.filter(({ up, outlier }) => up && !outlier.ejected)
    if (ready.length === 0) return leastBad(candidates)
    if (this.#options.policy !== 'pick-first') {
      for (const producer of candidates) if (!producer.up && !producer.outlier.ejected) producer.revive(route)
    }
    return this.#picker(ready)
  }

  #accept(producer: Producer, services: readonly ServiceSummary[]): void {
    const other = this.#producers.find((one) => one !== producer && one.up && one.admitted !== undefined)
    if (other?.admitted === undefined) return
    const difference = differenceOf(other.admitted.services, services, this.#options.strictContract)
    if (difference === undefined) return
    throw new AsterError(
      `the producer ${producer.address.endpointId} does not offer what ${other.address.endpointId} does: it ${difference}`,
    )
  }
}

/** Those that did not fail since their last success come first, then those that failed longest ago. */
function leastBad(candidates: readonly Producer[]): Producer | undefined {
  return [...candidates].sort((a, b) => a.outlier.ejectedUntil - b.outlier.ejectedUntil)[0]
}

/** Several addresses of one endpoint are one producer that can be reached in several ways. */
function mergeAddresses(addresses: readonly NodeAddr[]): readonly NodeAddr[] {
  const byId = new Map<string, NodeAddr>()
  for (const address of addresses) {
    const known = byId.get(address.endpointId)
    if (known === undefined) byId.set(address.endpointId, address)
    else
      byId.set(address.endpointId, {
        endpointId: address.endpointId,
        relayUrl: known.relayUrl ?? address.relayUrl,
        addresses: [...new Set([...known.addresses, ...address.addresses])],
      })
  }
  return [...byId.values()]
}

function oneOf(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0]
  const text = errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; ')
  return new RpcError(StatusCode.UNAVAILABLE, text, { cause: errors[0] })
}

function noneOffers({ service, version }: Route): RpcError {
  return new RpcError(StatusCode.UNAVAILABLE, `no producer offers service '${service}' v${version} any more`)
}
