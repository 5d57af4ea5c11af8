import { credentialFindings } from '@aster/identity'
import type { ClientSettings } from './settings.ts'

/** The facts that are known when a producer refuses a client. */
export interface Refusal {
  /** The endpoint id of this client. */
  readonly endpointId: string
  /** The root key that the producer names: 64 hex digits. */
  readonly producerRoot?: string | undefined
}

/**
 * Returns the possible reasons of a refusal that the client can find, because a producer states none. A credential that looks
 * wrong to the client is sent all the same, because the clocks of the two sides may differ.
 */
export function explainRefusal(settings: ClientSettings, refusal: Refusal): readonly string[] {
  return [...reasons(settings, refusal), describeSides(settings, refusal)]
}

function reasons(
  { config, credential, rootPubkey, identityFile }: ClientSettings,
  { endpointId, producerRoot }: Refusal,
): readonly string[] {
  if (credential === undefined) {
    const isMissing = identityFile !== undefined && !identityFile.found
    return [
      isMissing ? `no credential was sent: there is no identity file ${identityFile.path}` : 'no credential was sent',
    ]
  }
  const expected = producerRoot ?? rootPubkey
  const findings = credentialFindings(credential, { endpointId, rootPubkey: expected })
  const found = findings.map(({ kind, message }) =>
    kind === 'other-root' && producerRoot !== undefined
      ? `the credential is of another root than the producer: it is signed by root key ${credential.rootPubkey}, and the producer's is ${producerRoot}`
      : message,
  )
  if (found.length > 0) return found
  if (credential.type !== 'ott') return ['the credential was sent and looks right from here']
  const used = 'the one-time credential may have been used before: enroll this consumer again for a new one'
  // Without a node key, the client had another endpoint id when it used the credential (quirk 22 of docs/python-0.1.md).
  if (config.secretKey === undefined) {
    return [
      `${used}, and keep the node key (secretKey, ASTER_SECRET_KEY or an identity file): access belongs to the key`,
    ]
  }
  return [
    `${used}; if the endpoint ${endpointId} used it, the producer lets this key in again while its access lasts (a producer of 0.1.x does not)`,
  ]
}

/** Returns the root key and the endpoint id of this side, which an operator compares with those of the producer. */
function describeSides({ credential, credentialFile }: ClientSettings, { endpointId }: Refusal): string {
  if (credential === undefined) return `this node is ${endpointId}`
  const origin = credentialFile === undefined ? 'the credential' : `the credential in ${credentialFile}`
  return `${origin} is of root key ${credential.rootPubkey}, and this node is ${endpointId}`
}
