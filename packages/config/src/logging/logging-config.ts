import type { LogFormat, LogLevel } from '../fields.ts'

/** The settings of logging, and the secrets that no line may have. An `AsterConfig` is one. */
export interface LoggingConfig {
  readonly logFormat: LogFormat
  readonly logLevel: LogLevel
  readonly logMask: boolean
  readonly secretKey: Uint8Array | undefined
  readonly relayToken: string | undefined
  readonly enrollmentCredentialIid: string | undefined
}
