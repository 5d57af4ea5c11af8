import { AsterError, type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { runGuarded, warnOnce } from '@aster/rpc-core/protocol'
import { expectInteger, expectPositive } from '@aster/rpc-core/schema'
import { BoundedMap } from './bounded-map.ts'
import { callName } from './call-facts.ts'
import { Circuit, type CircuitState, type Verdict } from './circuit.ts'
import { follow } from './follow.ts'

export interface CircuitBreakerOptions {
  /** The part of the calls, above 0 up to 1, that must fail. @default 0.5 */
  failureRate?: number | undefined
  /** Calls in the window below which it stays closed. @default 10 */
  minCalls?: number | undefined
  /** Milliseconds that the window is long. @default 10,000 */
  windowMs?: number | undefined
  /** Milliseconds that it stays open before a call may try again. @default 5,000 */
  openMs?: number | undefined
  /** Calls that must succeed before it closes. @default 1 */
  probes?: number | undefined
  /** The codes that count as failures. @default UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN, INTERNAL, DATA_LOSS */
  codes?: readonly StatusCode[] | undefined
  /** What has a circuit of its own. @default the method: 'Service.method' */
  key?: ((call: InterceptedCall) => string) | undefined
  /** Circuits that are kept; beyond it the one used longest ago is forgotten. @default 1,000 */
  maxKeys?: number | undefined
  /** Told of every transition. */
  onChange?: ((change: CircuitChange) => void) | undefined
}

export interface CircuitChange {
  readonly key: string
  readonly from: CircuitState
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
 * Refuses calls with `UNAVAILABLE` at once while most of those before failed, and lets a few through after a while to see
 * whether it is over. A stream counts with its first response. `CANCELLED` counts neither way, every other code as success.
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
