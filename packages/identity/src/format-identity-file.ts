import { stringify } from 'smol-toml'
import type { Identity, Peer } from './identity.ts'
import { IdentityError } from './identity-error.ts'
import { parseHex } from './hex.ts'
import { formatSecretKey } from './secret-key.ts'
import { signingBytes } from './signing-bytes.ts'

/**
 * Returns the content of an identity file, which includes the secret key. Every signed attribute is written, so that other
 * readers need not restore any.
 *
 * @throws IdentityError if a part is ill-formed, or if an entry cannot be used
 */
export function formatIdentityFile({ node, peers }: Identity): string {
  const tables = {
    ...(node && { node: { secret_key: formatSecretKey(node.secretKey), endpoint_id: node.secretKey.publicKey } }),
    // With an empty list, a `[[peers]]` that a user adds by hand would be an error.
    ...(peers.length > 0 && {
      peers: peers.map((peer) => {
        if ('problem' in peer) throw peer.problem
        return tableOf(peer)
      }),
    }),
  }
  return `# Holds secrets: readable by its owner only (0600).\n\n${stringify(tables)}\n`
}

function tableOf({ name, role, credential }: Peer): object {
  signingBytes(credential)
  parseHex(credential.signature, { field: 'signature', bytes: 64 })
  if (name !== undefined && /\p{Cs}/u.test(name)) {
    throw new IdentityError({ field: 'name', expected: 'well-formed Unicode', found: 'half of a surrogate pair' })
  }
  return {
    ...(name !== undefined && { name }),
    role,
    // Other readers of the file know only `policy` and `ott`, and recognize the entry of a producer by its role.
    type: credential.type === 'producer' ? 'policy' : credential.type,
    root_pubkey: credential.rootPubkey,
    ...(credential.endpointId !== undefined && { endpoint_id: credential.endpointId }),
    expires_at: BigInt(credential.expiresAt),
    ...(credential.type === 'ott' && { nonce: credential.nonce }),
    signature: credential.signature,
    attributes: credential.attributes,
  }
}
