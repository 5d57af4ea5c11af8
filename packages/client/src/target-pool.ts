import type { ServiceSummary } from '@aster/admission'
import { AsterError, type NodeAddr, RpcError, StatusCode } from '@aster/rpc-core'
import { isUnavailable, runNeutral } from '@aster/rpc-core/protocol'
import { firstSuccess } from './first-success.ts'
import { mergeAddresses } from './merge-addresses.ts'
import { errorMessage } from '@aster/rpc-core/schema'
import { createPicker, type Picker } from './picker.ts'
import type { Policy } from './policy.ts'
import { describeDifference, findService, type Route } from './route.ts'
import type { TargetLease } from './target-lease.ts'
import { Target } from './target.ts'
import type { Admission, TargetOptions } from './target-options.ts'

/** The options of a `TargetPool`. */
export interface TargetPoolOptions extends Omit<TargetOptions, 'assertConsistent'> {
  readonly policy: Policy
  /** Whether the contract ids of all targets must be the same. */
  readonly strictContract: boolean
}

/** Milliseconds that one target may take before the next one is tried in parallel. */
const STAGGER_MS = 1_000

const NONE: ReadonlySet<Target> = new Set()

/**
 * The targets of a client. A call goes to a target that is ready, which means up and not ejected. If the connect fails, the call
 * tries the others. A target that is down is connected in the background after its ejection, while calls go to other targets.
 */
export class TargetPool {
  readonly #targets: readonly Target[]
  readonly #options: TargetPoolOptions
  readonly #picker: Picker<Target>

  constructor(addresses: readonly NodeAddr[], options: TargetPoolOptions) {
    this.#options = options
    this.#picker = createPicker(options.policy)
    const targetOptions: TargetOptions = {
      ...options,
      assertConsistent: (endpointId, services) => this.#assertConsistent(endpointId, services),
    }
    this.#targets = mergeAddresses(addresses).map((address) => new Target(address, targetOptions))
  }

  /**
   * Resolves when a target has admitted this client. `pick-first` asks one target after another, and asks the next one if a
   * target fails or takes long. The other policies ask all targets at once; targets that answer later join the pool.
   *
   * @throws the error of a target if no target admits this client: a refusal if there is one, `UNAVAILABLE` otherwise
   */
  async connect(): Promise<void> {
    const { policy, closing } = this.#options
    const rest = [...this.#targets]
    try {
      if (policy === 'pick-first')
        await firstSuccess(
          () => rest.shift()?.admit(),
          STAGGER_MS,
          () => {},
        )
      else await Promise.any(rest.map((target) => target.admit()))
    } catch (error) {
      closing.throwIfAborted()
      const { errors } = error as AggregateError
      throw errors.find((one) => !isUnavailable(one)) ?? joinErrors(errors)
    }
  }

  /**
   * The admission by the first target that is up; if all are down, by the first target that has ever admitted this
   * client.
   */
  get admission(): Admission | undefined {
    const admitted = this.#targets.filter(({ admission }) => admission !== undefined)
    return (admitted.find(({ up }) => up) ?? admitted[0])?.admission
  }

  /** Returns the service of a route from each target that has admitted this client and offers the service. */
  offers(route: Route): readonly ServiceSummary[] {
    return this.#targets.flatMap(({ admission }) => findService(route, admission?.services ?? []) ?? [])
  }

  /** True if a target is up, as far as is known. */
  get up(): boolean {
    return this.#targets.some(({ up }) => up)
  }

  /** Dials an address for the first call if there is one target. With several, the call chooses the target. */
  dialAhead(address: NodeAddr): void {
    const [target] = this.#targets
    // Connects may outlive the caller, and must not keep its async context.
    if (this.#targets.length === 1) runNeutral(() => target?.dialAhead(address))
  }

  /**
   * Returns a lease of a connection for a call if a connection is open, and a promise of a lease otherwise.
   *
   * @throws RpcError `UNAVAILABLE` if no target can be reached; the error of the target if there is only one
   */
  acquire(route: Route): TargetLease | Promise<TargetLease> {
    this.#options.closing.throwIfAborted()
    const target = this.#pick(route, NONE)
    if (target === undefined) throw noTargetError(route)
    // Connects may outlive the call that starts them, and must not keep its async context.
    return target.acquire(route) ?? runNeutral(() => this.#failOver(route, target))
  }

  /** Connects to a target. If it cannot be reached, or takes long, connects to the others too. */
  async #failOver(route: Route, first: Target): Promise<TargetLease> {
    const tried = new Set<Target>()
    const begin = (): Promise<TargetLease> | undefined => {
      const target = tried.size === 0 ? first : this.#pick(route, tried)
      if (target === undefined) return undefined
      tried.add(target)
      return Promise.resolve(target.acquire(route) ?? target.acquireLater(route))
    }
    try {
      return await firstSuccess(begin, STAGGER_MS, (late) => late.discard())
    } catch (error) {
      this.#options.closing.throwIfAborted()
      throw joinErrors((error as AggregateError).errors)
    }
  }

  #pick(route: Route, tried: ReadonlySet<Target>): Target | undefined {
    if (this.#targets.length === 1) return tried.size === 0 ? this.#targets[0] : undefined
    const candidates = this.#targets.filter((target) => !tried.has(target) && target.mayOffer(route))
    const ready = candidates.filter(({ up, outlier }) => up && !outlier.ejected)
    if (ready.length === 0) return firstToReturn(candidates)
    if (this.#options.policy !== 'pick-first') {
      for (const target of candidates) if (!target.up && !target.outlier.ejected) target.reconnect(route)
    }
    return this.#picker(ready)
  }

  #assertConsistent(endpointId: string, services: readonly ServiceSummary[]): void {
    const others = this.#targets.filter(({ address }) => address.endpointId !== endpointId)
    const other = others.find(({ up, admission }) => up && admission !== undefined)
    if (other?.admission === undefined) return
    const difference = describeDifference(other.admission.services, services, this.#options.strictContract)
    if (difference === undefined) return
    throw new AsterError(
      `the producer ${endpointId} does not offer what ${other.address.endpointId} does: it ${difference}`,
    )
  }
}

/**
 * Returns a target that has not failed since its last success. If all have failed, returns the one whose ejection ends
 * first.
 */
function firstToReturn(targets: readonly Target[]): Target | undefined {
  return [...targets].sort((a, b) => a.outlier.ejectedUntil - b.outlier.ejectedUntil)[0]
}

/** Returns the error itself if there is only one, and an `UNAVAILABLE` with all messages otherwise. */
function joinErrors(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0]
  const text = errors.map((error) => errorMessage(error)).join('; ')
  return new RpcError(StatusCode.UNAVAILABLE, text, { cause: errors[0] })
}

function noTargetError({ service, version }: Route): RpcError {
  return new RpcError(StatusCode.UNAVAILABLE, `no producer offers service '${service}' v${version} any more`)
}
