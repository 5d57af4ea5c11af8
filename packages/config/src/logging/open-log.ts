import type { Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { createLogger } from './create-logger.ts'
import type { LoggingConfig } from './logging-config.ts'

/** The settings of a client or a server, as far as its log needs them. */
export interface LoggedSettings {
  /** The configuration. Its notes are logged at `info`. */
  readonly config: LoggingConfig & { readonly notes: readonly string[] }
  /** Sentences that are logged as warnings. */
  readonly warnings: readonly string[]
}

/**
 * Returns the logger of a client or a server, which never throws, and logs the notes and warnings of the configuration.
 *
 * @param own the logger of the user, or `false` for no logger. By default the logger writes to stderr, with the settings of
 *   the configuration
 * @param name the part of the program that writes the lines, such as `aster.client`
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
