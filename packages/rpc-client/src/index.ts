/**
 * Typed calls over any transport and codec: no address, admission or iroh in sight.
 *
 * @packageDocumentation
 */
export { BidiChannel } from './bidi-channel.ts'
export { type ClientOptions, createClient } from './client.ts'
export type { ConnectionLease, FullConnection, LateStream } from './connection-lease.ts'
export type { ConnectionSource } from './connection-source.ts'
export {
  createDynamicClient,
  type DynamicClient,
  type DynamicService,
  type DynamicSession,
  openDynamicSession,
} from './dynamic.ts'
export type { ResponseStream } from './response-stream.ts'
export { openSession, type Session, type SessionOptions } from './session/open-session.ts'
export type { Callable, Client } from './types.ts'
