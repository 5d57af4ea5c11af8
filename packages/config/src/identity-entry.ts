import { type ConsumerCredential, type Peer, selectPeer } from '@aster/identity'
import { quoted } from '@aster/rpc-core/schema'
import { ConfigError } from './config-error.ts'
import { DEFAULT_IDENTITY_FILE, type IdentityFile } from './identity-file.ts'
import type { IdentityLayer } from './identity-layer.ts'
import { withConfigError } from './with-config-error.ts'

const PEER_OPTION = 'option peer'

/** The values of an identity file for a consumer. */
export interface ConsumerEntry {
  readonly layer: IdentityLayer
  readonly credential: ConsumerCredential | undefined
}

/**
 * Returns the node key of an identity file, and the root key and the credential of a consumer.
 *
 * @param peer the name of the consumer's entry, by default the first consumer
 *
 * @throws ConfigError if `peer` is not the name of one consumer, or its entry cannot be used
 */
export function selectConsumer(file: IdentityFile, peer: string | undefined): ConsumerEntry {
  const entry = selectEntry(file, peer, 'consumer')
  return { layer: entryLayer(file, entry, entry !== undefined), credential: entry?.credential }
}

/**
 * Returns the node key of an identity file, and the root key of an entry. The entry of a consumer may be for other producers
 * with another root key, so it is used only if `peer` names it.
 *
 * @param peer the name of the entry, of any role; by default the first producer
 * @throws ConfigError if `peer` is not the name of one entry, or the entry cannot be used
 */
export function selectProducer(file: IdentityFile, peer: string | undefined): IdentityLayer {
  const named = peer === undefined ? undefined : file.identity.peers.find(({ name }) => name === peer)
  return entryLayer(file, selectEntry(file, peer, named?.role ?? 'producer'), false)
}

/** Returns the error for an option `peer` without an identity file. */
export function missingIdentityError(peer: string): ConfigError {
  const places = `${DEFAULT_IDENTITY_FILE} in the working directory, identityFile or ASTER_IDENTITY_FILE`
  const expected = `an identity file with an entry of that name (${places})`
  return new ConfigError([{ field: 'peer', source: PEER_OPTION, found: quoted(peer), expected }])
}

function selectEntry<Role extends Peer['role']>(
  { name: file, identity }: IdentityFile,
  peer: string | undefined,
  role: Role,
) {
  const source = peer === undefined ? file : PEER_OPTION
  return withConfigError({ field: 'peer', source }, () => selectPeer(identity, { name: peer, role }))
}

function entryLayer(
  { name: file, identity }: IdentityFile,
  entry: Peer | undefined,
  credential: boolean,
): IdentityLayer {
  const place = entry === undefined ? file : `${file} peers[${identity.peers.indexOf(entry)}]`
  return {
    source: file,
    values: {
      secretKey: identity.node?.secretKey.reveal(),
      rootPubkey: entry?.credential.rootPubkey,
      credential,
    },
    origins: { secretKey: `${file} [node]`, rootPubkey: place, credential: place },
  }
}
