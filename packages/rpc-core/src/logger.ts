/** The sink for log lines; any pino logger fits. Aster never logs payloads or secrets. */
export interface Logger {
  /** Writes a line for whoever debugs the program. */
  debug(fields: object, message: string): void
  /** Writes a line about normal operation. */
  info(fields: object, message: string): void
  /** Writes a line about a problem that Aster handles. */
  warn(fields: object, message: string): void
  /** Writes a line about a failure that needs attention. */
  error(fields: object, message: string): void
}
