import { quoted } from '@aster/rpc-core/schema'
import type { ConsumerPeer, Identity, Peer, ProducerPeer } from './identity.ts'
import { IdentityError } from './identity-error.ts'

interface PeerOfRole {
  consumer: ConsumerPeer
  producer: ProducerPeer
}

/**
 * Returns the entry with a name and a role. Without a name it is the first entry of that role, or `undefined` if there is no
 * entry.
 *
 * @throws IdentityError if the name is unknown, belongs to an entry of another role or to several, or if the entry cannot be
 *   used
 */
export function selectPeer<Role extends Peer['role']>(
  identity: Identity,
  { name, role }: { readonly name?: string | undefined; readonly role: Role },
): PeerOfRole[Role] | undefined {
  const { peers, source } = identity
  const ofRole = peers.filter((peer) => peer.role === role)
  const found = name === undefined ? ofRole.slice(0, 1) : ofRole.filter((peer) => peer.name === name)
  const [peer] = found
  if (found.length > 1) {
    throw new IdentityError({
      field: 'peer',
      source,
      expected: `one ${role} named ${quoted(name ?? '')}`,
      found: `${found.length}`,
    })
  }
  if (peer === undefined) {
    if (name === undefined) return undefined
    const names = ofRole.flatMap((known) => (known.name === undefined ? [] : [quoted(known.name)]))
    const other = peers.find((known) => known.name === name)
    const expected =
      names.length === 0 ? `the name of a ${role}` : `the name of a ${role}, of which there are ${names.join(', ')}`
    throw new IdentityError({
      field: 'peer',
      source,
      expected,
      found: quoted(name) + (other ? `, which is a ${other.role}` : ''),
    })
  }
  if ('problem' in peer) throw peer.problem
  // Each role has exactly one type of entry.
  return peer as PeerOfRole[Role]
}
