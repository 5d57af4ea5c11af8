import type { LogFormat, LogLevel } from '../fields.ts'

/** The settings of logging, and the secrets that no line may contain. An `AsterConfig` has all of them. */
export interface LoggingConfig {
  /** The format of the lines. */
  readonly logFormat: LogFormat
  /** The lowest level that is written. */
  readonly logLevel: LogLevel
  /** Whether ids are shortened and possible secrets are masked. */
  readonly logMask: boolean
  /** The node key, which is always masked. */
  readonly secretKey: Uint8Array | undefined
  /** The token for relays, which is always masked. */
  readonly relayToken: string | undefined
  /** The instance identity document, which is always masked. */
  readonly enrollmentCredentialIid: string | undefined
}
