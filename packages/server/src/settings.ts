import { AsterConfig, ConfigError, type ProducerSettings, type SettingsOptions } from '@aster/config'
import { generateKeyPair } from '@aster/identity'

/** The settings of a server from its options, its identity file, the environment and a TOML file. */
export interface ServerSettings extends ProducerSettings {
  readonly rootPubkey: string
}

/**
 * Reads the settings from the options of a server and from all other sources.
 *
 * @throws ConfigError if a setting is ill-formed in any source, or if no consumer could be admitted
 */
export function resolveSettings(options: SettingsOptions): ServerSettings {
  // Picked one by one, because `AsterConfig` rejects the other options of a server.
  const { config, peer, rootPubkey, allowAllConsumers, identityFile, deadPeerMs } = options
  const { relayTimeoutMs, discovery } = options
  const own = { rootPubkey, allowAllConsumers, identityFile, deadPeerMs, relayTimeoutMs, discovery }
  const settings = AsterConfig.forProducer({ config, peer, ...own })
  return { ...settings, rootPubkey: settings.rootPubkey ?? openGateKey(settings) }
}

/** Returns a new root key for a server that requires no credentials. No credential can be valid for this key. */
function openGateKey({ config, identityFile }: ProducerSettings): string {
  if (config.allowAllConsumers) return generateKeyPair().publicKey
  const isMissing = identityFile !== undefined && !identityFile.found
  const missing = isMissing ? ` There is no identity file ${identityFile.path}.` : ''
  throw new ConfigError([
    {
      field: 'rootPubkey',
      source: 'default',
      found: 'nothing',
      expected: 'the root key that signs the credentials of consumers',
      message:
        'AsterServer requires a root public key, because no consumer could be admitted without one. ' +
        'Set ASTER_ROOT_PUBKEY or pass rootPubkey; ' +
        `to admit every consumer, set ASTER_ALLOW_ALL_CONSUMERS or pass allowAllConsumers.${missing}`,
    },
  ])
}
