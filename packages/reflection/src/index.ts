/**
 * Reflection as in gRPC: a service that returns a description of a producer's services, their methods and their types. A consumer
 * that has no definition of a service asks this one.
 *
 * @example
 * ```ts
 * import { describeServices } from '@aster/description'
 * import { createReflection } from '@aster/reflection'
 * import { defineService, t, unary } from '@aster/rpc-core'
 *
 * const Point = t.struct('geo/Point', { x: t.int, y: t.int })
 * const Geo = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point) } })
 * const reflection = createReflection(describeServices([Geo])) // offer it beside Geo
 * ```
 *
 * @packageDocumentation
 */
export { createReflection } from './create-reflection.ts'
export { DescribeRequest, DescribeResponse, ReflectionService } from './reflection-service.ts'
