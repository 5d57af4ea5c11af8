import { AsterConfig, type ConsumerSettings, missingEndpointAddress, type SettingsOptions } from '@aster/config'

/** All that a client is told by its options, its identity file, the environment and TOML; at least one address. */
export type ClientSettings = ConsumerSettings

/**
 * Reads the settings among the options of a client, and every source below them.
 *
 * @throws ConfigError for what is missing or ill-formed, in whichever source
 */
export function resolveSettings(options: SettingsOptions): ClientSettings {
  // A client has other options beside these, which a configuration does not know.
  const { config, peer, endpointAddr, rootPubkey, enrollmentCredentialFile, identityFile } = options
  const { connectTimeoutMs, deadPeerMs, discovery } = options
  const files = { identityFile, enrollmentCredentialFile }
  const own = { ...files, endpointAddr, rootPubkey, connectTimeoutMs, deadPeerMs, discovery }
  const settings = AsterConfig.forConsumer({ config, peer, ...own })
  if (settings.addresses.length === 0) throw missingEndpointAddress()
  return settings
}
