/**
 * Reads the settings of an Aster program from options, an identity file, the environment and a TOML file. The resulting
 * configuration is typed, explains the source of each value, and shows no secret.
 *
 * @example
 * ```ts
 * import { AsterConfig, formatExplanation } from '@aster/config'
 *
 * const config = AsterConfig.from({ logFormat: 'json' }, { ASTER_RELAY_MODE: 'disabled' })
 * console.log(config.relayMode) // prints disabled
 * console.log(formatExplanation(config.explain())) // each setting, its value and its source
 * ```
 *
 * @packageDocumentation
 */
export { AsterConfig, type ConsumerSettings, type ProducerSettings, type SettingsOptions } from './aster-config.ts'
export { ConfigError, type ConfigIssue, type ConfigIssueOptions, missingEndpointAddress } from './config-error.ts'
export type { Environment } from './environment.ts'
export { type ConfigRow, formatExplanation } from './explain.ts'
export type { ConfigOptions, FieldName, LogFormat, LogLevel } from './fields.ts'
export type { IdentityLayer } from './identity-layer.ts'
export { DEFAULT_IDENTITY_FILE, type IdentityFilePlace } from './identity-file.ts'
export { createLogger } from './logging/create-logger.ts'
export type { LoggingConfig } from './logging/logging-config.ts'
export { type LoggedSettings, openLog } from './logging/open-log.ts'
export { findUnknownOptions } from './option-names.ts'
export type { RelayMode } from './kinds/relay-mode.ts'
export type { ConfigSources, CredentialSource } from './sources.ts'
export { configTable, refusedTable } from './table.ts'
export type { TomlSource } from './toml.ts'
