import type { ConsumerCredential, ProducerCredential } from './credential.ts'
import type { IdentityError } from './identity-error.ts'
import type { SecretKey } from './secret-key.ts'

/** What an identity file holds: who this node is, and what it may present to whom. */
export interface Identity {
  readonly node?: NodeIdentity | undefined
  readonly peers: readonly (Peer | UnusablePeer)[]
  /** Where it was read from, as the caller named it. */
  readonly source?: string | undefined
}

export interface NodeIdentity {
  readonly secretKey: SecretKey
  /** The public key of `secretKey`. */
  readonly endpointId: string
}

/** An entry of `[[peers]]`: a credential and for whom it is. */
export type Peer = ConsumerPeer | ProducerPeer

export interface ConsumerPeer {
  readonly role: 'consumer'
  readonly name?: string | undefined
  readonly credential: ConsumerCredential
}

export interface ProducerPeer {
  readonly role: 'producer'
  readonly name?: string | undefined
  readonly credential: ProducerCredential
}

/** An entry that cannot be used, such as a one-time credential without a nonce (quirk 26 of docs/python-0.1.md). The other entries of its file can be used. */
export interface UnusablePeer {
  readonly role: 'consumer'
  readonly name?: string | undefined
  /** Thrown when the entry is selected. */
  readonly problem: IdentityError
}
