import type { Credential } from './credential.ts'
import { verifyCredential } from './sign-credential.ts'

/** Why a producer will probably refuse a credential. */
export interface CredentialFinding {
  readonly kind: 'expired' | 'other-endpoint' | 'bad-signature' | 'other-root'
  /** A sentence without secrets. */
  readonly message: string
}

export interface FindingsOptions {
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: number | undefined
  /** The id that will present the credential; not compared when left out. */
  readonly endpointId?: string | undefined
  /** The root key that is expected; not compared when left out. */
  readonly rootPubkey?: string | undefined
}

/**
 * What speaks against a credential, to be told when a producer refuses it. It is sent all the same: clocks differ, and a
 * producer may know better.
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
