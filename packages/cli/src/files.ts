import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AsterConfig, DEFAULT_IDENTITY_FILE } from '@aster/config'
import { systemErrorCode } from '@aster/rpc-core/schema'
import { CliError, usageError } from './cli-error.ts'
import type { CliIo } from './io.ts'

/** Hex of a key or of half of one, base64 of a key, a name with hex of a key in it, JSON. Long paths are none of these. */
const MAY_BE_KEY = /^[\s"']*(?:[0-9a-f]{32,}|[\w+][\w+/-]{42}|[\w+/-]{43}=)[\s"']*$|^[^/\\]*[0-9a-f]{64}|^\s*\{/i

/** A file as the user names it, and as it is opened. */
export interface FileRef {
  /** For messages. */
  readonly name: string
  readonly path: string
  readonly exists: boolean
}

/** Resolves the file that an option names. A key in place of its file is refused without being repeated. */
export function resolveFile(io: CliIo, option: string, text: string): FileRef {
  if (text === '') throw usageError(option, 'expected a path, found an empty text')
  if (text.includes('\0')) throw usageError(option, 'expected a path, found one with a zero byte')
  const path = resolve(io.cwd, text)
  const exists = existsSync(path)
  if (!exists && MAY_BE_KEY.test(text)) {
    throw usageError(option, 'expected a file, found what may be a key itself; keys come from files, or through a pipe')
  }
  return { name: text, path, exists }
}

/** Resolves the identity file: that of the option, else `ASTER_IDENTITY_FILE`, else `.aster-identity`. */
export function resolveIdentityFile(io: CliIo, option: string, text: string | undefined): FileRef {
  if (text !== undefined) return resolveFile(io, option, text)
  // That variable alone: what is wrong with others is no matter here.
  const { identityFile } = AsterConfig.fromEnv({ ASTER_IDENTITY_FILE: io.env['ASTER_IDENTITY_FILE'] })
  return resolveFile(io, 'ASTER_IDENTITY_FILE', identityFile || DEFAULT_IDENTITY_FILE)
}

/** Makes the folder of a file that is about to be written; what is in it may be secret. */
export function makeFolder({ name, path }: FileRef): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = systemErrorCode(error) ?? 'unknown error'
    throw new CliError(`cannot make the folder of ${name} (${code}); choose another path`)
  }
}
