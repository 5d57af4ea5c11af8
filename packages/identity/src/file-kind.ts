import { isObject } from '@aster/rpc-core/schema'

/** The kinds of files of Aster that are easily mistaken for each other, in the words of messages. */
export const fileKinds = ['a root key', 'a root public key', 'a credential', 'an identity file'] as const

/** A kind of file of Aster, in the words of messages. */
export type FileKind = (typeof fileKinds)[number]

/** Returns the kind of a file, recognized by its keys alone, or `undefined` if it is not a file of Aster. Never throws. */
export function recognizeFile(text: string): FileKind | undefined {
  if (!text.trimStart().startsWith('{')) {
    return /^[ \t]*(?:\[\s*node\s*\]|\[\[\s*peers\s*\]\])/m.test(text) ? 'an identity file' : undefined
  }
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    if ('private_key' in value) return 'a root key'
    if ('signature' in value || 'root_pubkey' in value || 'credential_type' in value) return 'a credential'
    return 'public_key' in value ? 'a root public key' : undefined
  } catch {
    return undefined
  }
}
