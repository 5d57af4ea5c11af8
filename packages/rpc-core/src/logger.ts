/** Where Aster writes what it has to say; any pino logger fits. Payloads and secrets are never passed. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
