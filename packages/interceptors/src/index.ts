/**
 * Ready-made interceptors, for clients and servers, over any transport and codec. The first in a list is the outermost.
 *
 * @example
 * ```ts
 * import { concurrencyLimit, deadline, logCalls, retry } from '@aster/interceptors'
 *
 * const forClients = [logCalls({ logger: console }), deadline({ defaultMs: 5_000 }), retry()]
 * const forServers = [logCalls({ logger: console }), concurrencyLimit({ maxConcurrent: 100 })]
 * ```
 *
 * @packageDocumentation
 */
export type { Retry, RetryOptions } from './attempts.ts'
export { callLimits } from './call-limits.ts'
export type { CircuitState } from './circuit.ts'
export { circuitBreaker, type CircuitBreakerOptions, type CircuitChange } from './circuit-breaker.ts'
export { concurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.ts'
export { deadline, type DeadlineOptions } from './deadline.ts'
export type { Outcome } from './call-hooks.ts'
export { defaultLevel, logCalls, type LogCallsOptions } from './log-calls.ts'
export type { CallLimits, PeerLimits, ServerLimits, ServiceLimits } from './limit-options.ts'
export { mapRequests } from './map-requests.ts'
export { peerLimit, type PeerLimitOptions } from './peer-limit.ts'
export { rateLimit, type RateLimitOptions } from './rate-limit.ts'
export { type AttributeRule, requireAttributes } from './require-attributes.ts'
export { mapResponses, onOutcome } from './responses.ts'
export { retry } from './retry.ts'
export { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts'
