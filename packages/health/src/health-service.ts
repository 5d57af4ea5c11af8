import { defineService, serverStream, t, unary } from '@aster/rpc-core'

/**
 * The status of a service. Later versions may send other strings: treat them as `UNKNOWN`.
 *
 * - `UNKNOWN`: the status is not known yet
 * - `SERVING`: the service accepts calls
 * - `NOT_SERVING`: the service accepts no calls now
 * - `SERVICE_UNKNOWN`: the producer has no service of this name; only `watch` responds with it
 */
export type HealthStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

/** The request of a health check. `service` is the name of a service, or empty for the server as a whole. */
export const HealthCheckRequest = t.struct('aster.health/HealthCheckRequest', { service: t.string })

/**
 * The response of a health check. `status` is a `HealthStatus`, sent as a string: a Python producer cannot answer with an enum
 * in JSON, and a client in XLANG cannot read an enum member that its definition does not have. See quirk 30 of docs/python-0.1.md.
 */
export const HealthCheckResponse = t.struct('aster.health/HealthCheckResponse', { status: t.string })

/**
 * Health checking as in gRPC (`grpc.health.v1.Health`):
 *
 * - `check` returns the status of a service, or fails with `NOT_FOUND` if the producer does not know the service.
 * - `watch` returns the status at once, and again whenever it changes. It begins with `SERVICE_UNKNOWN` if the producer does
 *   not know the service yet. The stream ends when the producer shuts down.
 */
export const HealthService = defineService({
  name: 'Health',
  version: 1,
  methods: {
    check: unary(HealthCheckRequest, HealthCheckResponse, { idempotent: true }),
    watch: serverStream(HealthCheckRequest, HealthCheckResponse),
  },
})
