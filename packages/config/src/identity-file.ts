import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AsterConfig } from './aster-config.ts'

/** The identity file that counts where none is named, if it is there. */
export const DEFAULT_IDENTITY_FILE = '.aster-identity'

export interface IdentityFile {
  readonly path: string
  /** As messages name it. */
  readonly name: string
  /** What named it: an option, a variable, or its own name. */
  readonly origin: string
}

/** The identity file of a configuration: the one that was named, be it there or not, else the default one if it is there. */
export function identityFileOf(config: AsterConfig): IdentityFile | undefined {
  const named = config.identityFile
  if (named !== undefined) return { path: named, name: named, origin: config.origin('identityFile') }
  const path = join(process.cwd(), DEFAULT_IDENTITY_FILE)
  return existsSync(path) ? { path, name: DEFAULT_IDENTITY_FILE, origin: DEFAULT_IDENTITY_FILE } : undefined
}
