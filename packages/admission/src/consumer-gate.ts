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

export interface ConsumerGateOptions {
  /** The key that credentials must be signed by: 64 hex digits. */
  readonly rootPubkey: string
  /** Admits those who send no credential. One that is sent is checked all the same. @default false */
  readonly allowAllConsumers?: boolean | undefined
  /** Where the use of one-time credentials is recorded. @default nowhere, and one-time credentials are refused */
  readonly nonceStore?: NonceStore | undefined
  /** Seconds that an admission lasts at most; it never outlasts its credential. @default 86,400 */
  readonly peerTtlS?: number | undefined
  /** Peers whose access is remembered; past it the one that was admitted longest ago has to ask again. @default 65,536 */
  readonly maxPeers?: number | undefined
  /** Milliseconds since the epoch. @default the clock */
  readonly now?: (() => number) | undefined
}

/** What an admitted peer comes with. */
export interface PeerAccess {
  /** What its credential says of it; empty where it sent none. */
  readonly attributes: Readonly<Record<string, string>>
}

const WITHOUT_CREDENTIAL: PeerAccess = Object.freeze({ attributes: Object.freeze({}) })

/**
 * Decides who is admitted, and knows who was. Access belongs to the endpoint id: it needs no connection to last, ends at
 * the credential's expiry or after `peerTtlS`, whichever comes first, and no later refusal takes it away. Of several
 * admissions the last one counts. Holds no timer.
 */
export class ConsumerGate {
  readonly rootPubkey: string
  readonly #open: boolean
  readonly #nonces: UsedNonces | undefined
  readonly #ttlMs: number
  readonly #now: () => number
  readonly #peers: ExpiringMap<PeerAccess>

  /** @throws AdmissionError for a root key or a number that is none */
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

  /** Whether `aster/1` is open to a peer. To be asked when a connection opens: one that is open goes on past the end. */
  access(peerId: string): PeerAccess | undefined {
    return this.#peers.get(peerId) ?? (this.#open ? WITHOUT_CREDENTIAL : undefined)
  }

  /** Decides on the request of a peer whose id the transport proved. Never rejects. */
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

  /** Decides in the order of quirk 23 of docs/python-0.1.md: a credential that fails a check before that of the nonce does not use up the nonce. */
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
    // As text: the id is signed as text, and an upper-case one is no peer's id.
    if (endpointId === undefined || endpointId === peerId) return undefined
    return { admitted: false, reason: `the credential is bound to endpoint id ${endpointId}` }
  }

  /** Returns when the access that a credential grants ends, or why it grants none. */
  async #grantAccess(credential: ConsumerCredential, endpointId: string): Promise<number | Denied> {
    const accessUntil = Math.min(Number(credential.expiresAt) * 1000, this.#now() + this.#ttlMs)
    return credential.type === 'ott' ? this.#useNonce(credential, { endpointId, accessUntil }) : accessUntil
  }

  /**
   * The endpoint that a one-time credential admitted is admitted again while that access lasts, which does not prolong it: its
   * answer may have been lost, or the consumer started again.
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

/** No cloud's identity document is verified here, so a credential that demands one proves nothing. */
function checkProvable(attributes: Readonly<Record<string, string>>): Denied | undefined {
  const provider = attributes['aster.iid_provider']
  if (provider === undefined) return undefined
  const reason = `the credential demands an instance identity document of '${printable(provider)}', which is not supported`
  return { admitted: false, reason }
}

function optionError(option: string, expected: string, found: string): AdmissionError {
  return new AdmissionError(`ConsumerGate ${option}: expected ${expected}, found ${found}`)
}
