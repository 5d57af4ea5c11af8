import {
  AsterConfig,
  ConfigError,
  type FieldName,
  type IdentityLayer,
  missingEndpointAddress,
  DEFAULT_IDENTITY_FILE,
  identityFileOf,
} from '@aster/config'
import {
  type ConsumerCredential,
  type Identity,
  IdentityError,
  type NodeAddr,
  parseAddress,
  selectPeer,
} from '@aster/identity'
import { readConsumerCredentialFile, readIdentityFile } from '@aster/identity/node'
import type { AsterClientOptions } from './options.ts'

/** All that a client is told by its options, its identity file, the environment and TOML. */
export interface ClientSettings {
  readonly config: AsterConfig
  /** In the order to try them; at least one. */
  readonly producers: readonly NodeAddr[]
  /** The key that the producer must name: 64 hex digits. */
  readonly rootPubkey: string | undefined
  readonly credential: ConsumerCredential | undefined
  /** What is odd but no mistake, one sentence each. */
  readonly warnings: readonly string[]
}

/**
 * Each field on its own: options > identity file > environment > TOML > default.
 *
 * @throws ConfigError for what is missing or ill-formed, in whichever source
 */
export function resolveSettings(options: AsterClientOptions): ClientSettings {
  const { endpointAddr, rootPubkey, enrollmentCredentialFile, identityFile, connectTimeoutMs, peer } = options
  const own = { endpointAddr, rootPubkey, enrollmentCredentialFile, identityFile, connectTimeoutMs }
  const base = (options.config ?? AsterConfig.fromEnv()).withOptions(own)
  const warnings: string[] = []
  const keep = <T>({ value, warning }: { readonly value: T; readonly warning?: string | undefined }): T => {
    if (warning !== undefined) warnings.push(warning)
    return value
  }

  const file = identityFileOf(base)
  const identity =
    file && keep(asConfig('identityFile', file.origin, () => readIdentityFile(file.path, { source: file.name })))
  const layered = identity && file ? layerOf(identity, file.name, peer) : undefined
  let config = layered ? base.withIdentity(layered.layer) : base
  let credential: ConsumerCredential | undefined

  const wanted = config.credential
  if (wanted?.kind === 'identity') credential = layered?.credential
  if (wanted?.kind === 'file') {
    const { path, source } = wanted
    const found = keep(
      asConfig('enrollmentCredentialFile', source, () => readConsumerCredentialFile(path, { source: path, peer })),
    )
    credential = found.credential
    // A credential file that is an identity file gives the keys as well, where no identity file does.
    if (found.identity !== undefined && layered === undefined)
      config = config.withIdentity(layerOf(found.identity, path, peer).layer)
  }
  if (peer !== undefined && credential === undefined) {
    throw new ConfigError([
      {
        field: 'peer',
        source: 'option peer',
        found: JSON.stringify(peer),
        expected: `an identity file with that consumer (${DEFAULT_IDENTITY_FILE} in the working directory, identityFile or ASTER_IDENTITY_FILE)`,
      },
    ])
  }
  return {
    config,
    producers: producersOf(config),
    rootPubkey: config.readRootPubkey(),
    credential,
    warnings: [...config.warnings, ...warnings],
  }
}

function layerOf(
  identity: Identity,
  file: string,
  peerName: string | undefined,
): { layer: IdentityLayer; credential: ConsumerCredential | undefined } {
  const peer = asConfig('peer', file, () => selectPeer(identity, { name: peerName, role: 'consumer' }))
  const entry = peer === undefined ? file : `${file} peers[${identity.peers.indexOf(peer)}]`
  return {
    credential: peer?.credential,
    layer: {
      source: file,
      values: {
        secretKey: identity.node?.secretKey.reveal(),
        rootPubkey: peer?.credential.rootPubkey,
        credential: peer !== undefined,
      },
      origins: { secretKey: `${file} [node]`, rootPubkey: entry, credential: entry },
    },
  }
}

function producersOf(config: AsterConfig): readonly NodeAddr[] {
  if (config.endpointAddrs.length === 0) throw missingEndpointAddress()
  const source = config.origin('endpointAddr')
  return config.endpointAddrs.map((text) => asConfig('endpointAddr', source, () => parseAddress(text, { source })))
}

/** A mistake in a file or an address is one of the configuration, with the field that led there. */
function asConfig<T>(field: FieldName | 'peer', source: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const where = error.source === undefined || error.source === source ? source : `${source}: ${error.source}`
    const inner = error.field === field ? '' : `${error.field}: `
    throw new ConfigError([{ field, source: where, found: `${inner}${error.found}`, expected: error.expected }])
  }
}
