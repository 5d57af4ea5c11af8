/**
 * Parses and formats keys, endpoint ids, addresses, tickets, credentials and identity files, and signs and verifies
 * credentials. This entry runs anywhere; `@aster/identity/node` reads and writes the files.
 *
 * @example
 * ```ts
 * import { formatCredential, generateKeyPair, parseAddress, signCredential, verifyCredential } from '@aster/identity'
 *
 * const root = generateKeyPair()
 * const consumer = generateKeyPair()
 * const credential = signCredential(
 *   {
 *     type: 'policy',
 *     endpointId: consumer.publicKey,
 *     expiresAt: Math.floor(Date.now() / 1000) + 30 * 86_400,
 *     attributes: { 'aster.role': 'consumer' },
 *   },
 *   root.secretKey,
 * )
 * console.log(formatCredential(credential))
 * console.log(verifyCredential(credential)) // prints true
 * console.log(parseAddress(consumer.publicKey).addresses.length) // prints 0
 * ```
 *
 * @packageDocumentation
 */
export type { NodeAddr } from '@aster/rpc-core'
export { parseAddress } from './address.ts'
export { type Attributes, canonicalAttributes } from './canonical-attributes.ts'
export { type ConsumerCredentialFile, parseConsumerCredentialFile } from './credential-file.ts'
export { type CredentialFinding, credentialFindings, type FindingsOptions } from './credential-findings.ts'
export {
  type ConsumerCredential,
  type Credential,
  generateNonce,
  type OttCredential,
  type PolicyCredential,
  type ProducerCredential,
  type UnsignedCredential,
} from './credential.ts'
export { parseEndpointId } from './endpoint-id.ts'
export { formatCredential, formatCredentialFile } from './format-credential.ts'
export { formatIdentityFile } from './format-identity-file.ts'
export { type FileKind, fileKinds, recognizeFile } from './file-kind.ts'
export { IdentityError, type IdentityErrorOptions, type SourceOptions } from './identity-error.ts'
export type { ConsumerPeer, Identity, NodeIdentity, Peer, ProducerPeer, UnusablePeer } from './identity.ts'
export { formatIrohTicket, parseIrohTicket } from './iroh-ticket.ts'
export { formatNodeAddr, parseNodeAddr } from './node-addr.ts'
export { parseCredential, type ParseCredentialOptions } from './parse-credential.ts'
export { parseIdentityFile } from './parse-identity-file.ts'
export { formatRootKey, formatRootPublicKey, parseRootKey, parseRootPublicKey } from './root-key.ts'
export { formatSecretKey, generateKeyPair, type KeyPair, parseSecretKey, SecretKey } from './secret-key.ts'
export { selectPeer } from './select-peer.ts'
export { signCredential, verifyCredential } from './sign-credential.ts'
export { signingBytes } from './signing-bytes.ts'
export { formatSocketAddress, parseSocketAddress, type SocketAddress } from './socket-address.ts'
export { formatTicket, parseTicket, type Ticket, type TicketCredential } from './ticket.ts'
