import { type Credential, credentialFindings, type Identity } from '@aster/identity'

/** An entry of an identity file, or a credential alone, without secrets: neither nonce nor signature. */
export interface DescribedPeer {
  readonly name: string | null
  readonly role: 'consumer' | 'producer'
  /** Null if the entry cannot be used. */
  readonly credential: DescribedCredential | null
  /** The reasons for which a producer will probably refuse the credential. */
  readonly findings: readonly { readonly kind: string; readonly message: string }[]
}

interface DescribedCredential {
  readonly type: Credential['type']
  readonly rootPubkey: string
  /** The only endpoint that may present the credential; null if any may. */
  readonly endpointId: string | null
  /** Seconds since the epoch. */
  readonly expiresAt: number | bigint
  readonly attributes: Readonly<Record<string, string>>
}

/** The time and the endpoint of the presentation of a credential. */
interface Presentation {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The id of the endpoint that will present the credential, if it is known. */
  readonly endpointId: string | undefined
}

export function describePeer(peer: Identity['peers'][number], presentation: Presentation): DescribedPeer {
  const { role, name = null } = peer
  if ('problem' in peer) {
    return { name, role, credential: null, findings: [{ kind: 'unusable', message: peer.problem.message }] }
  }
  return { name, role, ...describeCredential(peer.credential, presentation) }
}

export function describeCredential(
  credential: Credential,
  presentation: Presentation,
): Pick<DescribedPeer, 'credential' | 'findings'> {
  const { type, rootPubkey, endpointId = null, expiresAt, attributes } = credential
  return {
    credential: { type, rootPubkey, endpointId, expiresAt, attributes },
    findings: credentialFindings(credential, presentation),
  }
}
