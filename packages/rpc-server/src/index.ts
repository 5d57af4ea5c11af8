/**
 * Dispatch of calls to handlers over any transport and codec: no address, admission or iroh in sight.
 *
 * @packageDocumentation
 */
export { checkServeOptions } from './check-options.ts'
export type { ServeOptions } from './options.ts'
export { PeerSessions } from './peer-sessions.ts'
export type { ConnectionStats, Refusal, RefusalCause } from './refusal.ts'
export { type ServedConnection, serveConnection } from './serve-connection.ts'
