/**
 * Serves the calls of a connection over any transport and codec. `@aster/server` adds addresses and
 * admission to this package.
 *
 * @example
 * ```ts
 * import { JsonCodec } from '@aster/codec-json'
 * import { createClient } from '@aster/rpc-client'
 * import { defineService, implement, t, unary } from '@aster/rpc-core'
 * import { serveConnection } from '@aster/rpc-server'
 * import { memoryPair } from '@aster/transport-memory'
 *
 * const Point = t.struct('geo/Point', { x: t.int, y: t.int })
 * const Geo = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point) } })
 * const geo = implement(Geo, { mirror: ({ x, y }) => ({ x: -x, y: -y }) })
 *
 * const [consumer, producer] = memoryPair()
 * const served = serveConnection(producer, { services: [geo], codecs: [new JsonCodec()] })
 *
 * const client = createClient(Geo, { connection: consumer, codec: new JsonCodec() })
 * console.log(await client.mirror({ x: 1, y: 2 })) // prints { x: -1, y: -2 }
 * await served.close({ graceMs: 1_000 })
 * ```
 *
 * @packageDocumentation
 */
export { checkServeOptions } from './check-options.ts'
export type { ServeOptions } from './options.ts'
export { PeerSessions } from './peer-sessions.ts'
export type { ConnectionStats, Refusal, RefusalCause } from './refusal.ts'
export { type ServedConnection, serveConnection } from './serve-connection.ts'
