import { printable } from '@aster/rpc-core/schema'
import {
  type ConsumerCredential,
  type Credential,
  IdentityError,
  parseCredential,
  verifyCredential,
} from '@aster/identity'
import type { AdmissionDecision, CredentialClaim, Denied } from './decision.ts'
import { AdmissionError } from './errors.ts'
import { ExpiringMap } from './expiring-map.ts'
import type { AdmissionRequest } from './messages.ts'
import type { NonceStore } from './nonce-store.ts'

export interface ConsumerGateOptions {
  /** The key that credentials must be signed by: 64 hex digits. */
  readonly rootPubkey: string
  /** Admits those who send no credential. One that is sent is checked all the same. @default false */
  readonly allowAllConsumers?: boolean | undefined
  /** Where the use of one-time credentials is recorded. @default nowhere, and they are refused */
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
  readonly #nonces: NonceStore | undefined
  readonly #ttlMs: number
  readonly #now: () => number
  readonly #peers: ExpiringMap<PeerAccess>

  /** @throws AdmissionError for a root key or a number that is none */
  constructor(options: ConsumerGateOptions) {
    const { rootPubkey, peerTtlS = 86_400, maxPeers = 65_536, now = Date.now } = options
    if (!/^[0-9a-f]{64}$/i.test(rootPubkey))
      throw optionError('rootPubkey', '64 hex digits', `${rootPubkey.length} characters`)
    if (!(peerTtlS > 0)) throw optionError('peerTtlS', 'seconds above 0', `${peerTtlS}`)
    if (!(maxPeers > 0)) throw optionError('maxPeers', 'a number above 0', `${maxPeers}`)
    this.rootPubkey = rootPubkey.toLowerCase()
    this.#open = options.allowAllConsumers ?? false
    this.#nonces = options.nonceStore
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

  /** The order is that of the Python producer: what fails before the nonce is looked at does not use it up. */
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
    const denied =
      this.#checkValidity(credential, peerId) ?? (await this.#checkNonce(credential)) ?? checkProvable(attributes)
    if (denied !== undefined) return { ...denied, credential: vouched }

    this.#peers.set(peerId, { attributes }, Math.min(expiresAt * 1000, this.#now() + this.#ttlMs))
    return { admitted: true, attributes, credential: vouched }
  }

  #checkValidity({ expiresAt, endpointId }: ConsumerCredential, peerId: string): Denied | undefined {
    if (expiresAt <= this.#now() / 1000) return { admitted: false, reason: 'the credential is expired' }
    // As text: the id is signed as text, and an upper-case one is no peer's id.
    if (endpointId === undefined || endpointId === peerId) return undefined
    return { admitted: false, reason: `the credential is bound to endpoint id ${endpointId}` }
  }

  async #checkNonce(credential: ConsumerCredential): Promise<Denied | undefined> {
    if (credential.type === 'policy') return undefined
    if (this.#nonces === undefined) {
      return { admitted: false, reason: 'the use of one-time credentials is not recorded here, so none is taken' }
    }
    try {
      if (await this.#nonces.use(credential.nonce, credential.expiresAt)) return undefined
      return { admitted: false, reason: 'the one-time credential was used before' }
    } catch (error) {
      return { admitted: false, reason: 'the use of the one-time credential could not be recorded', cause: error }
    }
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
