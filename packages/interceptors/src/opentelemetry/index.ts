/**
 * Traces and metrics by the OpenTelemetry semantic conventions for RPC. Needs `@opentelemetry/api`, and records nothing until the
 * program registers an SDK.
 *
 * @example
 * ```ts
 * import { measureCalls, traceCalls } from '@aster/interceptors/opentelemetry'
 *
 * const interceptors = [traceCalls(), measureCalls()]
 * ```
 *
 * @packageDocumentation
 */
export { measureCalls, type MeasureCallsOptions } from './measure-calls.ts'
export { traceCalls, type TraceCallsOptions } from './trace-calls.ts'
