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
import { type Admission, Target, type TargetOptions } from './target.ts'

export interface TargetPoolOptions extends Omit<TargetOptions, 'assertConsistent'> {
  readonly policy: Policy
  /** Whether the contract ids of all targets must be the same. */
  readonly strictContract: boolean
}

/** How long one target may take before the next is tried beside it. */
const STAGGER_MS = 1_000

const NONE: ReadonlySet<Target> = new Set()

/**
 * The targets of a client. A call goes to one that is ready: up and not ejected. If connecting to that one fails, the call
 * goes on to the others. A target that is down is tried again after its ejection, beside the calls, which go on elsewhere.
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
      assertConsistent: (target, services) => this.#assertConsistent(target, services),
    }
    this.#targets = mergeAddresses(addresses).map((address) => new Target(address, targetOptions))
  }

  /**
   * Resolves once a target has admitted this client. `pick-first` asks one target after another, and the next if one fails or
   * takes long. The other policies ask all at once, and those that answer later join in.
   *
   * @throws the error of a target if none admits: a refusal rather than `UNAVAILABLE`
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

  /** The admission by the first target that is up; if none is, by the first that has ever admitted this client. */
  get admission(): Admission | undefined {
    const admitted = this.#targets.filter(({ admission }) => admission !== undefined)
    return (admitted.find(({ up }) => up) ?? admitted[0])?.admission
  }

  /** The service of a route as each target that has admitted this client offers it. */
  offers(route: Route): readonly ServiceSummary[] {
    return this.#targets.flatMap(({ admission }) => findService(route, admission?.services ?? []) ?? [])
  }

  /** Whether any target is up, as far as is known. */
  get up(): boolean {
    return this.#targets.some(({ up }) => up)
  }

  /**
   * Returns a lease of a connection for a call: at once if a connection is open, else a promise of one.
   *
   * @throws RpcError `UNAVAILABLE` if no target can be reached · the error of the target if it is the only one
   */
  acquire(route: Route): TargetLease | Promise<TargetLease> {
    this.#options.closing.throwIfAborted()
    const target = this.#pick(route, NONE)
    if (target === undefined) throw noTargetError(route)
    // What a call begins may outlive it, and must not keep its async context.
    return target.acquire(route) ?? runNeutral(() => this.#failOver(route, target))
  }

  /** Connects to a target, and goes on to the others if that one cannot be reached, or not soon. */
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

  #assertConsistent(target: Target, services: readonly ServiceSummary[]): void {
    const other = this.#targets.find((one) => one !== target && one.up && one.admission !== undefined)
    if (other?.admission === undefined) return
    const difference = describeDifference(other.admission.services, services, this.#options.strictContract)
    if (difference === undefined) return
    throw new AsterError(
      `the producer ${target.address.endpointId} does not offer what ${other.address.endpointId} does: it ${difference}`,
    )
  }
}

/** Returns a target that has not failed since its last success; else the one whose ejection ends first. */
function firstToReturn(targets: readonly Target[]): Target | undefined {
  return [...targets].sort((a, b) => a.outlier.ejectedUntil - b.outlier.ejectedUntil)[0]
}

/** Returns the only error as it is, or `UNAVAILABLE` with the messages of all. */
function joinErrors(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0]
  const text = errors.map((error) => errorMessage(error)).join('; ')
  return new RpcError(StatusCode.UNAVAILABLE, text, { cause: errors[0] })
}

function noTargetError({ service, version }: Route): RpcError {
  return new RpcError(StatusCode.UNAVAILABLE, `no producer offers service '${service}' v${version} any more`)
}
