import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AsterConfig, DEFAULT_IDENTITY_FILE } from '@aster/config'
import { type FileKind, fileKinds, IdentityError } from '@aster/identity'
import { followLinks } from '@aster/identity/node'
import { describeSystemError, systemErrorCode } from '@aster/rpc-core/schema'
import { CliError, usageError } from './cli-error.ts'
import type { CommandIo } from './io.ts'

/**
 * Matches hex of a key or of half a key, base64 of a key, a name that contains hex of a key, and JSON; it matches no long path.
 */
const MAY_BE_KEY = /^[\s"']*(?:[0-9a-f]{32,}|[\w+][\w+/-]{42}|[\w+/-]{43}=)[\s"']*$|^[^/\\]*[0-9a-f]{64}|^\s*\{/i

/** A file: the path as the user typed it, and the path that is opened. */
export interface FileRef {
  /** For messages. */
  readonly name: string
  /** The option that names the file; `undefined` for a default. */
  readonly option: string | undefined
  readonly path: string
  readonly exists: boolean
}

/**
 * Resolves the file that an option names. If the argument is a key instead of a file, it is refused, and the message does not
 * repeat it.
 */
export function resolveFile(io: CommandIo, option: string, text: string): FileRef {
  if (text === '') throw usageError(option, 'expected a path, found an empty string')
  if (text.includes('\0')) throw usageError(option, 'expected a path, found one with a zero byte')
  const path = resolve(io.cwd, text)
  const exists = isThere(path)
  if (!exists && MAY_BE_KEY.test(text)) {
    throw usageError(option, 'expected a file, found what may be a key itself; keys come from files, or through a pipe')
  }
  return { name: text, option, path, exists }
}

/** Resolves the identity file: that of the option, else of `ASTER_IDENTITY_FILE`, else `.aster-identity`. */
export function resolveIdentityFile(io: CommandIo, option: string, text: string | undefined): FileRef {
  if (text !== undefined) return resolveFile(io, option, text)
  // Reads this variable alone, so that mistakes in other settings do not stop the command.
  const { identityFile } = AsterConfig.fromEnv({ ASTER_IDENTITY_FILE: io.env['ASTER_IDENTITY_FILE'] })
  const file = resolveFile(io, 'ASTER_IDENTITY_FILE', identityFile || DEFAULT_IDENTITY_FILE)
  return { ...file, option: undefined }
}

/** Returns `true` also if the path cannot be inspected: the read that follows reports the reason. */
function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (error) {
    const code = systemErrorCode(error)
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}

/**
 * Runs a function that reads or writes a file. An error begins with the option as it was typed, and says so if the file is of another kind.
 *
 * @param expected the kinds of file that the option takes
 */
export function withFile<T>({ name, option }: Pick<FileRef, 'name' | 'option'>, expected: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const place = option === undefined ? '' : `${option}: `
    if (!isFileKind(error.found)) throw new CliError(`${place}${error.message}`)
    throw new CliError(`${place}${name}: ${describeOtherKind(error.found, expected)}`)
  }
}

export const isFileKind = (text: string): text is FileKind => (fileKinds as readonly string[]).includes(text)

export function describeOtherKind(found: FileKind, expected: string): string {
  return `this is ${found}, expected ${expected}`
}

/** Creates the folder of a file that is about to be written, for its owner alone, since its content may be secret. */
export function makeFolder({ name, option, path }: FileRef): void {
  try {
    mkdirAll(dirname(followLinks(path)))
  } catch (error) {
    const place = option === undefined ? '' : `${option}: `
    const found = describeSystemError(error, 'write')
    throw new CliError(`${place}cannot make the folder of ${name}, found ${found}; choose another path`)
  }
}

/** Does what `mkdirSync` does with `recursive`, but reports a read-only file system as such and not as a missing folder. */
function mkdirAll(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    mkdirAll(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
  }
}
