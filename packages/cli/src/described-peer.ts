import { type Credential, credentialFindings, type Identity } from '@aster/identity'

/** An entry of an identity file, or a credential alone, without secrets: neither nonce nor signature. */
export interface DescribedPeer {
  readonly name: string | null
  readonly role: 'consumer' | 'producer'
  /** Null where the entry cannot be used. */
  readonly credential: DescribedCredential | null
  /** Why a producer will probably refuse it. */
  readonly findings: readonly { readonly kind: string; readonly message: string }[]
}

interface DescribedCredential {
  readonly type: Credential['type']
  readonly rootPubkey: string
  /** The only endpoint that may present it; null for any. */
  readonly endpointId: string | null
  /** Seconds since the epoch. */
  readonly expiresAt: number | bigint
  readonly attributes: Readonly<Record<string, string>>
}

/** When and by whom a credential is presented. */
interface Presentation {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The id that will present it, where that is known. */
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
