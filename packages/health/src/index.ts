/**
 * Health checking as in gRPC: a service that reports whether the other services of a server accept calls.
 *
 * @example
 * ```ts
 * import { Health } from '@aster/health'
 *
 * const health = new Health()
 * health.set('Geo', 'SERVING') // offer health.service beside Geo
 * console.log(health.get('Geo')) // prints SERVING
 * health.shutdown() // when the server begins to close
 * ```
 *
 * @packageDocumentation
 */
export { Health, type SettableStatus } from './health.ts'
export { HealthCheckRequest, HealthCheckResponse, HealthService, type HealthStatus } from './health-service.ts'
