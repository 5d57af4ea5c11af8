import { isObject } from '@aster/rpc-core/schema'

/** The files of Aster that are easily taken for one another, as errors name them. */
export const fileKinds = ['a root key', 'a root public key', 'a credential', 'an identity file'] as const

export type FileKind = (typeof fileKinds)[number]

/** Recognizes which file a text is from by its keys alone; `undefined` if it is none of Aster's. Never throws. */
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
