import { AsterConfig, ConfigError, type ProducerSettings, type SettingsOptions } from '@aster/config'
import { generateKeyPair } from '@aster/identity'

/** All that a server is told by its options, its identity file, the environment and TOML. */
export interface ServerSettings extends ProducerSettings {
  readonly rootPubkey: string
}

/**
 * Reads the settings among the options of a server, and every source below them.
 *
 * @throws ConfigError for what is ill-formed, in whichever source, and if no consumer could be admitted
 */
export function resolveSettings(options: SettingsOptions): ServerSettings {
  // A server has other options beside these, which a configuration does not know.
  const { config, peer, rootPubkey, allowAllConsumers, identityFile, deadPeerMs } = options
  const { relayTimeoutMs, discovery } = options
  const own = { rootPubkey, allowAllConsumers, identityFile, deadPeerMs, relayTimeoutMs, discovery }
  const settings = AsterConfig.forProducer({ config, peer, ...own })
  return { ...settings, rootPubkey: settings.rootPubkey ?? openGateKey(settings) }
}

/** Returns a new root key, for which no credentials exist: it serves if none is asked for. */
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
        'AsterServer requires a root public key, or nobody could be admitted. Set ASTER_ROOT_PUBKEY or pass rootPubkey; ' +
        `to admit everybody, set ASTER_ALLOW_ALL_CONSUMERS or pass allowAllConsumers.${missing}`,
    },
  ])
}
