import type { ConsumerCredential, ProducerCredential } from './credential.ts'
import type { IdentityError } from './identity-error.ts'
import type { SecretKey } from './secret-key.ts'

/** The content of an identity file: the key of this node, and its credentials for each root key. */
export interface Identity {
  /** The key of this node, if the file has one. */
  readonly node?: NodeIdentity | undefined
  /** The entries of the file, in its order. */
  readonly peers: readonly (Peer | UnusablePeer)[]
  /** The source of the identity, as the caller named it. */
  readonly source?: string | undefined
}

/** The key of a node. */
export interface NodeIdentity {
  /** The secret key. */
  readonly secretKey: SecretKey
  /** The public key of `secretKey`, which is the endpoint id: 64 hex digits. */
  readonly endpointId: string
}

/** An entry of `[[peers]]`: a credential with its role and name. */
export type Peer = ConsumerPeer | ProducerPeer

/** An entry with the credential of a consumer. */
export interface ConsumerPeer {
  /** The role of the entry. */
  readonly role: 'consumer'
  /** The name of the entry. */
  readonly name?: string | undefined
  /** The credential. */
  readonly credential: ConsumerCredential
}

/** An entry with the credential of a producer. */
export interface ProducerPeer {
  /** The role of the entry. */
  readonly role: 'producer'
  /** The name of the entry. */
  readonly name?: string | undefined
  /** The credential. */
  readonly credential: ProducerCredential
}

/**
 * An entry that cannot be used, such as one that `aster enroll node --type ott` 0.1.2 writes without a nonce. Other entries
 * of the file can be used. See quirk 26 of docs/python-0.1.md.
 */
export interface UnusablePeer {
  /** The role of the entry. */
  readonly role: 'consumer'
  /** The name of the entry. */
  readonly name?: string | undefined
  /** The error that is thrown if the entry is selected. */
  readonly problem: IdentityError
}
