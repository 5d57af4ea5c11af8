import { defineService, t, unary } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'

/**
 * The request of `describe`. `services` lists names of services; each name selects all versions. An empty list
 * selects all services.
 */
export const DescribeRequest = t.struct('aster.reflection/DescribeRequest', { services: t.list(t.string) })

/**
 * The response of `describe`. `description` is a `Description` of `@aster/description` as JSON in a string, which Python
 * peers can read in both formats.
 */
export const DescribeResponse = t.struct('aster.reflection/DescribeResponse', { description: t.string })

/**
 * Reflection as in gRPC. `describe` returns the services of a producer, their methods and every type of their messages. It
 * fails with `NOT_FOUND` if the producer does not offer one of the named services.
 */
export const ReflectionService = defineService({
  name: 'aster.reflection',
  version: 1,
  methods: {
    describe: unary(DescribeRequest, DescribeResponse, { idempotent: true, maxMessageBytes: LIMITS.description }),
  },
})
