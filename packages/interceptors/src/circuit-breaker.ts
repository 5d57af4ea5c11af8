import { AsterError, type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { runGuarded, warnOnce } from '@aster/rpc-core/protocol'
import { expectInteger, expectPositive } from '@aster/rpc-core/schema'
import { BoundedMap } from './bounded-map.ts'
import { callName } from './call-facts.ts'
import { Circuit, type CircuitState, type Verdict } from './circuit.ts'
import { follow } from './follow.ts'

/** Options of `circuitBreaker`. */
export interface CircuitBreakerOptions {
  /** The fraction of the calls in the window, above 0 up to 1, that must fail before the circuit opens. @default 0.5 */
  failureRate?: number | undefined
  /** The number of calls that the window must have before the circuit can open. @default 10 */
  minCalls?: number | undefined
  /** The length of the window, in milliseconds. @default 10,000 */
  windowMs?: number | undefined
  /** Milliseconds that the circuit stays open before a call may try again. @default 5,000 */
  openMs?: number | undefined
  /** Calls that must succeed before a half-open circuit closes. @default 1 */
  probes?: number | undefined
  /** The codes that count as failures. @default UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN, INTERNAL, DATA_LOSS */
  codes?: readonly StatusCode[] | undefined
  /** Returns the key of a call; each key has a circuit of its own. @default the method: 'Service.method' */
  key?: ((call: InterceptedCall) => string) | undefined
  /** The largest number of circuits. Above it, the circuit that was used longest ago is forgotten. @default 1,000 */
  maxKeys?: number | undefined
  /** Called at every transition. An error that it throws is reported as a warning. */
  onChange?: ((change: CircuitChange) => void) | undefined
}

/** A transition of a circuit. */
export interface CircuitChange {
  /** The key of the circuit: by default `Service.method`. */
  readonly key: string
  /** The state before. */
  readonly from: CircuitState
  /** The state now. */
  readonly to: CircuitState
}

const FAILURES: readonly StatusCode[] = [
  StatusCode.UNAVAILABLE,
  StatusCode.DEADLINE_EXCEEDED,
  StatusCode.UNKNOWN,
  StatusCode.INTERNAL,
  StatusCode.DATA_LOSS,
]

/**
 * Refuses calls with `UNAVAILABLE` after too many calls failed, and after a while lets a few through to find out whether the
 * peer is back. A stream counts as soon as its first response arrives. `CANCELLED` counts neither way, and a code that is not
 * in `codes` counts as success.
 *
 * @throws AsterError for an option out of range
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Interceptor {
  const { key = callName, onChange } = options
  const codes = new Set(options.codes ?? FAILURES)
  const failureRate = expectPositive('circuitBreaker: failureRate', options.failureRate ?? 0.5)
  if (failureRate > 1)
    throw new AsterError(`circuitBreaker: failureRate: expected a number up to 1, found ${failureRate}`)
  const settings = {
    failureRate,
    minCalls: expectInteger('circuitBreaker: minCalls', options.minCalls ?? 10, 1),
    windowMs: expectPositive('circuitBreaker: windowMs', options.windowMs ?? 10_000),
    openMs: expectPositive('circuitBreaker: openMs', options.openMs ?? 5_000),
    probes: expectInteger('circuitBreaker: probes', options.probes ?? 1, 1),
  }
  const circuits = new BoundedMap<string, Circuit>(
    expectInteger('circuitBreaker: maxKeys', options.maxKeys ?? 1_000, 1),
  )
  const judge = (error: RpcError | undefined): Verdict => {
    if (error?.code === StatusCode.CANCELLED) return 'neither'
    return error !== undefined && codes.has(error.code) ? 'failure' : 'success'
  }

  return async (call, next) => {
    const name = key(call)
    const tell = (change: CircuitChange): void =>
      runGuarded(
        () => onChange?.(change),
        (error) => warnOnce('ASTER_LISTENER', `circuitBreaker: onChange failed: ${RpcError.from(error).message}`),
      )
    const circuit = circuits.use(name, () => new Circuit(settings, (from, to) => tell({ key: name, from, to })))
    const report = circuit?.admit() ?? (() => {})
    if (typeof report === 'string')
      throw new RpcError(StatusCode.UNAVAILABLE, `the circuit of ${name} is open: ${report}`)
    return follow(call, next, {
      onResponse(response) {
        report('success')
        return response
      },
      onOutcome: ({ error }) => report(judge(error)),
    })
  }
}
