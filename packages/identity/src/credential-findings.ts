import type { Credential } from './credential.ts'
import { verifyCredential } from './sign-credential.ts'

/** A reason for which a producer will probably refuse a credential. */
export interface CredentialFinding {
  /** The kind of the reason, for programs. */
  readonly kind: 'expired' | 'other-endpoint' | 'bad-signature' | 'other-root'
  /** The reason in words, without secrets. */
  readonly message: string
}

/** Options of `credentialFindings`. */
export interface FindingsOptions {
  /**
   * The time in milliseconds since the epoch.
   *
   * @default the current time
   */
  readonly now?: number | undefined
  /** The id of the endpoint that will present the credential. Not compared if absent. */
  readonly endpointId?: string | undefined
  /** The expected root key. Not compared if absent. */
  readonly rootPubkey?: string | undefined
}

/**
 * Returns the reasons for which a producer may have refused a credential. Clients send the credential in spite of such reasons,
 * because clocks differ and the producer decides.
 */
export function credentialFindings(credential: Credential, options: FindingsOptions = {}): CredentialFinding[] {
  const { now = Date.now(), endpointId, rootPubkey } = options
  const findings: CredentialFinding[] = []
  if (credential.expiresAt <= now / 1000) {
    const moment = new Date(Number(credential.expiresAt) * 1000).toISOString()
    findings.push({ kind: 'expired', message: `the credential expired at ${moment}` })
  }
  if (endpointId !== undefined && credential.endpointId !== undefined && credential.endpointId !== endpointId) {
    const message = `the credential is bound to endpoint id ${credential.endpointId}, this endpoint is ${endpointId}`
    findings.push({ kind: 'other-endpoint', message })
  }
  if (!verifyCredential(credential)) {
    findings.push({ kind: 'bad-signature', message: 'the signature of the credential does not hold' })
  }
  if (rootPubkey !== undefined && credential.rootPubkey.toLowerCase() !== rootPubkey.toLowerCase()) {
    const message = `the credential is signed by root key ${credential.rootPubkey}, expected is ${rootPubkey}`
    findings.push({ kind: 'other-root', message })
  }
  return findings
}
