import type { ConsumerCredential } from './credential.ts'
import { recognizeFile } from './file-kind.ts'
import type { Identity } from './identity.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { parseCredential } from './parse-credential.ts'
import { parseIdentityFile } from './parse-identity-file.ts'
import { selectPeer } from './select-peer.ts'

/** The content of a credential file for a consumer. */
export interface ConsumerCredentialFile {
  /** The credential. */
  readonly credential: ConsumerCredential
  /** The identity, if the file is an identity file. Its node key and root key are used as well. */
  readonly identity?: Identity | undefined
}

/**
 * Parses the file of `ASTER_ENROLLMENT_CREDENTIAL`: a credential as JSON, or an identity file, of which `peer` names the
 * entry (by default the first consumer).
 *
 * @throws IdentityError if the file is ill-formed, or if the credential is that of a producer
 */
export function parseConsumerCredentialFile(
  text: string,
  { source, peer }: SourceOptions & { readonly peer?: string | undefined } = {},
): ConsumerCredentialFile {
  const credentialError = (found: string) =>
    new IdentityError({
      field: 'credential',
      source,
      expected: 'the credential of a consumer, as JSON or in an identity file',
      found,
    })
  if (text.trim() === '') throw credentialError('an empty file')
  const kind = recognizeFile(text)
  if (kind === 'a root key' || kind === 'a root public key') throw credentialError(kind)
  if (text.trimStart().startsWith('{')) {
    const credential = parseCredential(text, { source })
    if (credential.type === 'producer') throw credentialError('that of a producer')
    return { credential }
  }
  const identity = parseIdentityFile(text, { source })
  const entry = selectPeer(identity, { role: 'consumer', name: peer })
  if (entry === undefined) throw credentialError('an identity file without a consumer')
  return { credential: entry.credential, identity }
}
