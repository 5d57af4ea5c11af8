import { defineService, serverStream, t, unary } from '@aster/rpc-core'

/**
 * What a service can be. A client takes a text that is none of these, from a later version, for `UNKNOWN`.
 *
 * - `UNKNOWN`: nothing is known of it yet
 * - `SERVING`, `NOT_SERVING`: it takes calls, or not now
 * - `SERVICE_UNKNOWN`: the producer knows no service of this name; only `watch` answers with it
 */
export type HealthStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

/** `service` is the name of a service, empty for the server as a whole. */
export const HealthCheckRequest = t.struct('aster.health/HealthCheckRequest', { service: t.string })

/**
 * `status` is a `HealthStatus`. It is a string instead of an enum, so that every peer reads and writes it in both formats: a
 * Python producer cannot answer with an enum in JSON (quirk 30 of docs/python-0.1.md), and a client in XLANG could not read a
 * member that it does not know.
 */
export const HealthCheckResponse = t.struct('aster.health/HealthCheckResponse', { status: t.string })

/**
 * Health checking as in gRPC (`grpc.health.v1.Health`):
 *
 * - `check` gives the status of a service; `NOT_FOUND` for one that the producer does not know.
 * - `watch` gives the status at once and then each time that it is another; `SERVICE_UNKNOWN` for a service that the
 *   producer does not know, which may change. It ends when the producer shuts down.
 */
export const HealthService = defineService({
  name: 'Health',
  version: 1,
  methods: {
    check: unary(HealthCheckRequest, HealthCheckResponse, { idempotent: true }),
    watch: serverStream(HealthCheckRequest, HealthCheckResponse),
  },
})
