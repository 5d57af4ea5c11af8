/**
 * Environment and TOML in, one typed, explained and redacted configuration out.
 *
 * @example
 * ```ts
 * import { AsterConfig, formatExplanation } from '@aster/config'
 *
 * const config = AsterConfig.from({ endpointAddr: 'aster1…' }, { ASTER_RELAY_MODE: 'disabled' })
 * config.relayMode // 'disabled'
 * console.log(formatExplanation(config.explain()))
 * ```
 *
 * @packageDocumentation
 */
export { AsterConfig, type ConfigSources, type CredentialSource } from './aster-config.ts'
export { ConfigError, type ConfigIssue, type ConfigIssueOptions, missingEndpointAddress } from './config-error.ts'
export type { Environment } from './environment.ts'
export { type ConfigRow, formatExplanation } from './explain.ts'
export type { ConfigOptions, FieldName, LogFormat, LogLevel } from './fields.ts'
export type { IdentityLayer } from './identity.ts'
export { DEFAULT_IDENTITY_FILE, type IdentityFile, identityFileOf } from './identity-file.ts'
export type { RelayMode } from './kinds/relay-mode.ts'
export { configTable, refusedTable } from './table.ts'
export type { TomlSource } from './toml.ts'
