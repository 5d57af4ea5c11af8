import type { Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { createLogger } from './create-logger.ts'
import type { LoggingConfig } from './logging-config.ts'

/** What a client or a server was told by all sources. */
export interface LoggedSettings {
  readonly config: LoggingConfig & { readonly notes: readonly string[] }
  readonly warnings: readonly string[]
}

/**
 * Returns the logger of a client or a server, which never throws: the user's, none for `false`, or by default one that writes to
 * stderr as the configuration says. Logs what is worth knowing of the configuration.
 */
export function openLog(
  own: Logger | false | undefined,
  { config, warnings }: LoggedSettings,
  name: string,
): Logger | undefined {
  const logger = own === false ? undefined : guardLogger(own ?? createLogger(config, name))
  for (const note of config.notes) logger?.info({}, note)
  for (const warning of warnings) logger?.warn({}, warning)
  return logger
}
