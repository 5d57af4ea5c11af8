import { defineService, t, unary } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'

/** `services` are names of services, each in all its versions; none of them asks for all services. */
export const DescribeRequest = t.struct('aster.reflection/DescribeRequest', { services: t.list(t.string) })

/** `description` is a description of `@aster/description` as JSON text, so that Python peers read it in both formats. */
export const DescribeResponse = t.struct('aster.reflection/DescribeResponse', { description: t.string })

/**
 * Reflection as in gRPC: `describe` answers with the services of a producer, their methods and every type of their messages.
 * `NOT_FOUND` for a service that the producer does not offer.
 */
export const ReflectionService = defineService({
  name: 'aster.reflection',
  version: 1,
  methods: {
    describe: unary(DescribeRequest, DescribeResponse, { idempotent: true, maxMessageBytes: LIMITS.description }),
  },
})
