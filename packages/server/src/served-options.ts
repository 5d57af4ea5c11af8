import type { AsterServerOptions } from './options.ts'

const NAMES = [
  'handlerTimeoutMs',
  'headerTimeoutMs',
  'frameTimeoutMs',
  'flushTimeoutMs',
  'maxConcurrentStreams',
  'maxMessageBytes',
  'maxSessionsPerPeer',
  'connectionIdleTimeoutMs',
  'sessionIdleTimeoutMs',
  'exposeErrors',
] as const satisfies readonly (keyof AsterServerOptions)[]

/** Returns the options that apply to each connection. */
export function servedOptions(options: AsterServerOptions): Pick<AsterServerOptions, (typeof NAMES)[number]> {
  return Object.fromEntries(NAMES.map((name) => [name, options[name]]))
}
