import { printable } from '@aster/rpc-core/schema'
import {
  type ConsumerCredential,
  type Credential,
  IdentityError,
  type OttCredential,
  parseCredential,
  verifyCredential,
} from '@aster/identity'
import type { AdmissionDecision, CredentialClaim, Denied } from './decision.ts'
import { AdmissionError } from './errors.ts'
import { ExpiringMap } from './expiring-map.ts'
import type { AdmissionRequest } from './messages.ts'
import type { NonceStore, NonceUse } from './nonce-store.ts'
import { UsedNonces } from './used-nonces.ts'

/** Options of a `ConsumerGate`. */
export interface ConsumerGateOptions {
  /** The root key that must have signed the credentials: 64 hex digits. */
  readonly rootPubkey: string
  /**
   * Whether consumers without a credential are admitted. If a consumer sends a credential, it is checked all the same.
   *
   * @default false
   */
  readonly allowAllConsumers?: boolean | undefined
  /**
   * Records the use of one-time credentials.
   *
   * @default no store: one-time credentials are refused
   */
  readonly nonceStore?: NonceStore | undefined
  /**
   * The longest time of an admission in seconds. No admission outlasts its credential.
   *
   * @default 86_400
   */
  readonly peerTtlS?: number | undefined
  /**
   * Peers whose access is remembered. Above this, the peer that was admitted longest ago has to ask again.
   *
   * @default 65_536
   */
  readonly maxPeers?: number | undefined
  /**
   * Returns the time in milliseconds since the epoch.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined
}

/** The access of an admitted peer. */
export interface PeerAccess {
  /** The attributes of the credential; empty if the peer sent no credential. */
  readonly attributes: Readonly<Record<string, string>>
}

const WITHOUT_CREDENTIAL: PeerAccess = Object.freeze({ attributes: Object.freeze({}) })

/**
 * Decides which consumers are admitted, and remembers their access. Access belongs to the endpoint id and does not depend on a
 * connection. It ends when the credential expires or after `peerTtlS`, whichever comes first, and a later refusal does not
 * revoke it. After several admissions the last one counts. The gate needs no timer.
 */
export class ConsumerGate {
  /** The root key that must have signed the credentials: 64 hex digits. */
  readonly rootPubkey: string
  readonly #open: boolean
  readonly #nonces: UsedNonces | undefined
  readonly #ttlMs: number
  readonly #now: () => number
  readonly #peers: ExpiringMap<PeerAccess>

  /** @throws AdmissionError if the root key is not 64 hex digits, or if a number is not above 0 */
  constructor(options: ConsumerGateOptions) {
    const { rootPubkey, nonceStore: store, peerTtlS = 86_400, maxPeers = 65_536, now = Date.now } = options
    if (!/^[0-9a-f]{64}$/i.test(rootPubkey))
      throw optionError('rootPubkey', '64 hex digits', `${rootPubkey.length} characters`)
    if (!(peerTtlS > 0)) throw optionError('peerTtlS', 'seconds above 0', `${peerTtlS}`)
    if (!(maxPeers > 0)) throw optionError('maxPeers', 'a number above 0', `${maxPeers}`)
    this.rootPubkey = rootPubkey.toLowerCase()
    this.#open = options.allowAllConsumers ?? false
    this.#nonces = store && new UsedNonces({ store, maxUses: maxPeers, now })
    this.#ttlMs = peerTtlS * 1000
    this.#now = now
    this.#peers = new ExpiringMap(now, maxPeers)
  }

  /**
   * Returns the access of a peer to `aster/1`, or `undefined` if it has no access. Call it when a connection opens: an open
   * connection may outlast the access.
   */
  access(peerId: string): PeerAccess | undefined {
    return this.#peers.get(peerId) ?? (this.#open ? WITHOUT_CREDENTIAL : undefined)
  }

  /**
   * Decides about a request. Never rejects.
   *
   * @param peerId the endpoint id of the peer, as proved by the transport
   */
  async decide(request: AdmissionRequest, peerId: string): Promise<AdmissionDecision> {
    if (request.credentialJson === '') return this.#decideWithoutCredential(peerId)
    let credential: Credential
    try {
      credential = parseCredential(request.credentialJson, { wire: true })
    } catch (error) {
      if (error instanceof IdentityError) return { admitted: false, reason: printable(error.message, 400) }
      return { admitted: false, reason: 'the credential could not be read', cause: error }
    }
    return this.#decideOnCredential(credential, peerId)
  }

  #decideWithoutCredential(peerId: string): AdmissionDecision {
    if (!this.#open) return { admitted: false, reason: 'no credential was sent' }
    this.#peers.delete(peerId)
    return { admitted: true, ...WITHOUT_CREDENTIAL }
  }

  /**
   * Checks a credential in the order of the Python producer. A check that fails before the nonce does not use the nonce up.
   * See quirk 23 of docs/python-0.1.md.
   */
  async #decideOnCredential(credential: Credential, peerId: string): Promise<AdmissionDecision> {
    const { type, rootPubkey } = credential
    const expiresAt = Number(credential.expiresAt)
    const claim: CredentialClaim = { type, expiresAt }
    const deny = (reason: string): Denied => ({ admitted: false, reason, credential: claim })
    if (type === 'producer') return deny('the credential is that of a producer')
    if (rootPubkey !== this.rootPubkey) return deny(`the credential names the root key ${rootPubkey}`)
    if (!verifyCredential(credential)) return deny('the signature of the credential does not hold')

    const attributes = Object.freeze(credential.attributes)
    const vouched: CredentialClaim = { ...claim, attributes }
    const refuse = (denied: Denied): Denied => ({ ...denied, credential: vouched })
    const accessUntil = this.#checkValidity(credential, peerId) ?? (await this.#grantAccess(credential, peerId))
    if (typeof accessUntil !== 'number') return refuse(accessUntil)
    const unprovable = checkProvable(attributes)
    if (unprovable !== undefined) return refuse(unprovable)

    this.#peers.set(peerId, { attributes }, accessUntil)
    return { admitted: true, attributes, credential: vouched }
  }

  #checkValidity({ expiresAt, endpointId }: ConsumerCredential, peerId: string): Denied | undefined {
    if (expiresAt <= this.#now() / 1000) return { admitted: false, reason: 'the credential is expired' }
    // The case of the id is signed as well, and no peer has an id in upper case.
    if (endpointId === undefined || endpointId === peerId) return undefined
    return { admitted: false, reason: `the credential is bound to endpoint id ${endpointId}` }
  }

  /** Returns the end of the access that a credential grants, or the reason why it grants no access. */
  async #grantAccess(credential: ConsumerCredential, endpointId: string): Promise<number | Denied> {
    const accessUntil = Math.min(Number(credential.expiresAt) * 1000, this.#now() + this.#ttlMs)
    return credential.type === 'ott' ? this.#useNonce(credential, { endpointId, accessUntil }) : accessUntil
  }

  /**
   * Uses a nonce. The endpoint that a one-time credential has admitted is admitted again while its access lasts, since the
   * answer may have been lost or the consumer may have restarted. This does not prolong the access.
   */
  async #useNonce({ nonce, expiresAt }: OttCredential, use: NonceUse): Promise<number | Denied> {
    const deny = (reason: string, failure?: { cause: unknown }): Denied => ({ admitted: false, reason, ...failure })
    if (this.#nonces === undefined)
      return deny('the use of one-time credentials is not recorded here, so none is taken')
    let first: NonceUse | undefined
    try {
      first = await this.#nonces.claim(nonce, expiresAt, use)
    } catch (cause) {
      return deny('the use of the one-time credential could not be recorded', { cause })
    }
    if (first?.endpointId !== use.endpointId) return deny('the one-time credential was used before')
    if (first.accessUntil > this.#now()) return Math.min(first.accessUntil, use.accessUntil)
    return deny('the one-time credential was used before, and the access that it granted has ended')
  }
}

/**
 * Refuses a credential that requires an instance identity document of a cloud, since such documents cannot be verified here.
 */
function checkProvable(attributes: Readonly<Record<string, string>>): Denied | undefined {
  const provider = attributes['aster.iid_provider']
  if (provider === undefined) return undefined
  const reason = `the credential demands an instance identity document of '${printable(provider)}', which is not supported`
  return { admitted: false, reason }
}

function optionError(option: string, expected: string, found: string): AdmissionError {
  return new AdmissionError(`ConsumerGate ${option}: expected ${expected}, found ${found}`)
}
