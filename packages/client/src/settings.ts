import { AsterConfig, type ConsumerSettings, missingEndpointAddress, type SettingsOptions } from '@aster/config'

/**
 * The settings of a client from its options, its identity file, the environment and a TOML file, with at least one
 * address.
 */
export type ClientSettings = ConsumerSettings

/**
 * Reads the settings from the options of a client and from all other sources.
 *
 * @throws ConfigError if a setting is missing, or ill-formed in any source
 */
export function resolveSettings(options: SettingsOptions): ClientSettings {
  // Picked one by one, because `AsterConfig` rejects the other options of a client.
  const { config, peer, endpointAddr, rootPubkey, enrollmentCredentialFile, identityFile } = options
  const { connectTimeoutMs, deadPeerMs, discovery } = options
  const files = { identityFile, enrollmentCredentialFile }
  const own = { ...files, endpointAddr, rootPubkey, connectTimeoutMs, deadPeerMs, discovery }
  const settings = AsterConfig.forConsumer({ config, peer, ...own })
  if (settings.addresses.length === 0) throw missingEndpointAddress()
  return settings
}
