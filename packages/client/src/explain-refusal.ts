import { credentialFindings } from '@aster/identity'
import type { ClientSettings } from './settings.ts'

/**
 * Returns the reasons that may explain a refusal, as far as this side can tell: a producer need not state any. A credential
 * that looks wrong here is sent all the same, because the clocks of the two sides may differ.
 */
export function explainRefusal(
  { config, credential, rootPubkey }: ClientSettings,
  endpointId: string,
): readonly string[] {
  if (credential === undefined) return ['no credential was sent']
  const found = credentialFindings(credential, { endpointId, rootPubkey }).map((finding) => finding.message)
  if (found.length > 0) return found
  if (credential.type !== 'ott') return ['the credential was sent and looks right from here']
  const used = 'the one-time credential may have been used before: enroll this consumer again for a new one'
  // Without a key of its own, the client had another endpoint id when it used the credential.
  if (config.secretKey === undefined) {
    return [
      `${used}, and keep the node key (secretKey, ASTER_SECRET_KEY or an identity file): access belongs to the key`,
    ]
  }
  return [
    `${used}; if the endpoint ${endpointId} used it, the producer lets this key in again while its access lasts (a producer of 0.1.x does not)`,
  ]
}
