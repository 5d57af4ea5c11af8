import type { Logger } from '@aster/rpc-core'
import type { LoggingConfig } from './logging-config.ts'
import { type Level, LEVELS } from './record.ts'
import { Redactor } from './redactor.ts'
import { writeToStderr } from './stderr.ts'

/**
 * Returns a logger that writes to stderr. The configuration sets the format, the lowest level and the masking. No line contains a
 * secret of the configuration.
 *
 * @param name the part of the program that writes the lines, such as `aster.client`
 *
 * @example
 * ```ts
 * import { AsterConfig, createLogger } from '@aster/config'
 *
 * const logger = createLogger(AsterConfig.fromEnv({ ASTER_LOG_FORMAT: 'json' }), 'my.app')
 * logger.debug({ user: 7 }, 'not written: the least level is info')
 * ```
 */
export function createLogger(config: LoggingConfig, name: string): Logger {
  const { logFormat, logLevel } = config
  const redactor = new Redactor(config)
  const lineOf = (level: Level): Logger['info'] => {
    if (LEVELS[level] < LEVELS[logLevel]) return () => {}
    return (fields, message) => {
      const ts = new Date().toISOString()
      // The fields of the line itself come last, so that no other field can replace them.
      const line = { ts, level, logger: name, msg: redactor.text(message) }
      writeToStderr(logFormat, { ...redactor.fields(fields), ...line })
    }
  }
  return { debug: lineOf('debug'), info: lineOf('info'), warn: lineOf('warning'), error: lineOf('error') }
}
