import type { AsterServerOptions } from './options.ts'

type ServedOptions = Pick<
  AsterServerOptions,
  'handlerTimeoutMs' | 'maxConcurrentStreams' | 'connectionIdleTimeoutMs' | 'sessionIdleTimeoutMs' | 'exposeErrors'
>

/** Returns the options that hold for each connection. */
export function servedOptions(options: AsterServerOptions): ServedOptions {
  const { handlerTimeoutMs, maxConcurrentStreams, connectionIdleTimeoutMs, sessionIdleTimeoutMs, exposeErrors } =
    options
  return { handlerTimeoutMs, maxConcurrentStreams, connectionIdleTimeoutMs, sessionIdleTimeoutMs, exposeErrors }
}
