import { AsterConfig, ConfigError, type IdentityLayer, type IdentityFile, identityFileOf } from '@aster/config'
import { generateKeyPair, type Identity, IdentityError, selectPeer } from '@aster/identity'
import { readIdentityFile } from '@aster/identity/node'
import type { AsterServerOptions } from './options.ts'

/** What a server is told by its options, its identity file, the environment and TOML. */
export interface ServerSettings {
  readonly config: AsterConfig
  /** 64 hex digits. */
  readonly rootPubkey: string
  /** What is odd but no mistake, one sentence each. */
  readonly warnings: readonly string[]
}

/**
 * Each field on its own: options > identity file > environment > TOML > default.
 *
 * @throws ConfigError for what is ill-formed, in whichever source, and where nobody could be admitted
 */
export function resolveSettings(options: AsterServerOptions): ServerSettings {
  const { rootPubkey, allowAllConsumers, identityFile, peer } = options
  const own = { rootPubkey, allowAllConsumers, identityFile }
  const base = (options.config ?? AsterConfig.fromEnv()).withOptions(own)
  const file = identityFileOf(base)
  if (file === undefined) {
    if (peer !== undefined) throw unknownPeer(peer, 'an identity file with that entry')
    return settingsOf(base, [])
  }
  const { value: identity, warning } = readIdentity(file)
  const config = base.withIdentity(layerOf(identity, file.name, peer))
  return settingsOf(config, warning === undefined ? [] : [warning])
}

function settingsOf(config: AsterConfig, warnings: readonly string[]): ServerSettings {
  return { config, rootPubkey: rootPubkeyOf(config), warnings: [...config.warnings, ...warnings] }
}

function rootPubkeyOf(config: AsterConfig): string {
  const rootPubkey = config.readRootPubkey()
  if (rootPubkey !== undefined) return rootPubkey
  // Nobody holds a credential of a new key: it serves where none is asked for.
  if (config.allowAllConsumers) return generateKeyPair().publicKey
  throw new ConfigError([
    {
      field: 'rootPubkey',
      source: 'default',
      found: 'nothing',
      expected: 'the root key that signs the credentials of consumers',
      message:
        'AsterServer requires a root public key, or nobody could be admitted. Set ASTER_ROOT_PUBKEY or pass rootPubkey; ' +
        'to admit everybody, set ASTER_ALLOW_ALL_CONSUMERS or pass allowAllConsumers.',
    },
  ])
}

function readIdentity({ path, name, origin }: IdentityFile): ReturnType<typeof readIdentityFile> {
  try {
    return readIdentityFile(path, { source: name })
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const where = origin === name ? name : `${origin}: ${name}`
    const field = error.field === 'identity_file' ? '' : `${error.field}: `
    throw new ConfigError([
      { field: 'identityFile', source: where, found: `${field}${error.found}`, expected: error.expected },
    ])
  }
}

function layerOf(identity: Identity, file: string, name: string | undefined): IdentityLayer {
  const entry = entryOf(identity, name)
  const place = entry === undefined ? file : `${file} peers[${identity.peers.indexOf(entry)}]`
  return {
    source: file,
    values: { secretKey: identity.node?.secretKey.reveal(), rootPubkey: entry?.credential.rootPubkey },
    origins: { secretKey: `${file} [node]`, rootPubkey: place },
  }
}

/** A consumer's entry is for the producers of its root key, which need not be this one: it counts only by name. */
function entryOf(identity: Identity, name: string | undefined) {
  if (name === undefined) return selectPeer(identity, { role: 'producer' })
  const role = identity.peers.find((peer) => peer.name === name)?.role ?? 'producer'
  try {
    return selectPeer(identity, { name, role })
  } catch (error) {
    if (error instanceof IdentityError) throw unknownPeer(name, error.expected, error.found)
    throw error
  }
}

function unknownPeer(name: string, expected: string, found = JSON.stringify(name)): ConfigError {
  return new ConfigError([{ field: 'peer', source: 'option peer', found, expected }])
}
