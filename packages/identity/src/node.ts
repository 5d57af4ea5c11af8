/**
 * The files of `@aster/identity` on disk.
 *
 * @packageDocumentation
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { platform } from 'node:process'
import { describeSystemError } from '@aster/rpc-core/schema'
import { type ConsumerCredentialFile, parseConsumerCredentialFile } from './credential-file.ts'
import type { Credential } from './credential.ts'
import { retrySection } from './node/file-lock.ts'
import { formatCredentialFile } from './format-credential.ts'
import { formatIdentityFile } from './format-identity-file.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import type { Identity } from './identity.ts'
import { parseIdentityFile } from './parse-identity-file.ts'
import { formatRootKey, formatRootPublicKey, parseRootKey, parseRootPublicKey } from './root-key.ts'
import type { KeyPair } from './secret-key.ts'
import { isUtf16 } from './utf-16.ts'
import { existsError, lockFile, type WriteOptions, writeFile } from './node/write-file.ts'

export { followLinks } from './node/follow-links.ts'
export type { WriteOptions } from './node/write-file.ts'

/** Far above any configuration, key, credential or identity file. */
const MAX_BYTES = 1_048_576

/** A value that was read from a file, and what the owner of the file should know. */
export interface Loaded<T> {
  readonly value: T
  /** Set if others than its owner may read a file with secrets. */
  readonly warning?: string | undefined
}

/** Reads an identity file. `source` defaults to the path. @throws IdentityError */
export function readIdentityFile(path: string, { source = path }: SourceOptions = {}): Loaded<Identity> {
  return load(path, { field: 'identity_file', source }, (text) => parseIdentityFile(text, { source }))
}

/** Reads a consumer's credential from JSON or an identity file. `source` defaults to the path. @throws IdentityError */
export function readConsumerCredentialFile(
  path: string,
  { source = path, peer }: SourceOptions & { readonly peer?: string | undefined } = {},
): Loaded<ConsumerCredentialFile> {
  return load(path, { field: 'credential', source }, (text) => parseConsumerCredentialFile(text, { source, peer }))
}

/** Reads a root key pair from `root.key`, the secret key included. `source` defaults to the path. @throws IdentityError */
export function readRootKeyFile(path: string, { source = path }: SourceOptions = {}): Loaded<KeyPair> {
  return load(path, { field: 'root key', source }, (text) => parseRootKey(text, { source }))
}

/**
 * Reads the public key of a root key from `root.pub`, `root.key` (the secret key is not looked at) or a file with bare hex.
 * `source` defaults to the path.
 *
 * @throws IdentityError
 */
export function readRootPublicKeyFile(path: string, { source = path }: SourceOptions = {}): string {
  return parseRootPublicKey(readText(path, { field: 'root key', source }).text, { source })
}

/**
 * Writes an identity file: 0600, all of it or nothing, and through symbolic links. Replaces a file that is there unless told
 * otherwise. To change one, use `updateIdentityFile`.
 *
 * @throws IdentityError
 */
export function writeIdentityFile(
  path: string,
  identity: Identity,
  { overwrite = true, source = path }: WriteOptions = {},
): void {
  writeFile(path, formatIdentityFile(identity), { mode: 0o600, overwrite, source })
}

/**
 * Reads an identity file, changes it and writes it, while no other process does: of changes at the same time none is lost.
 * Waits for the others by blocking the thread. Returns what was written, and the warning of reading.
 *
 * @param change gets `undefined` if there is no file, and returns what is written; what it throws is thrown on. It may be
 *   called again if the file has changed meanwhile
 * @throws IdentityError if the file cannot be read or written
 */
export function updateIdentityFile(
  path: string,
  change: (identity: Identity | undefined) => Identity,
  { source = path }: SourceOptions = {},
): Loaded<Identity> {
  return lockFile(path, source, ({ target, stage }) => {
    const version = readVersion(target)
    const loaded = version === undefined ? undefined : readIdentityFile(path, { source })
    const value = change(loaded?.value)
    // A program that knows nothing of the lock may have written to the file.
    const check = (): void => void (readVersion(target) === version || retrySection())
    const staged = stage(path, formatIdentityFile(value), { mode: 0o600, overwrite: true, source, check })
    try {
      staged.commit()
    } finally {
      staged.discard()
    }
    return { value, ...(loaded?.warning !== undefined && { warning: loaded.warning }) }
  })
}

/** Tells a file from a later one at its path; `undefined` if there is none. */
function readVersion(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

/**
 * Writes a credential as JSON: 0600, all of it or nothing, and through symbolic links. Replaces a file that is there unless
 * told otherwise.
 *
 * @throws IdentityError
 */
export function writeCredentialFile(
  path: string,
  credential: Credential,
  { overwrite = true, source = path }: WriteOptions = {},
): void {
  writeFile(path, formatCredentialFile(credential), { mode: 0o600, overwrite, source })
}

/**
 * Writes `root.key` (0600) and beside it `root.pub` (0644), through symbolic links. A key that is there is replaced only when
 * told to.
 *
 * @throws IdentityError if there is one, or the files cannot be written
 */
export function writeRootKeyFiles(
  path: string,
  pair: KeyPair,
  { overwrite = false, source = path }: WriteOptions = {},
): { publicKeyPath: string } {
  const publicKeyPath = publicPath(path)
  const publicSource = publicPath(source)
  lockFile(path, source, ({ stage }) => {
    if (!overwrite && existsSync(publicKeyPath)) throw existsError(publicSource)
    // Both are on disk before either gets its place.
    const secret = stage(path, formatRootKey(pair), { mode: 0o600, overwrite, source })
    try {
      const text = formatRootPublicKey(pair.publicKey)
      const open = stage(publicKeyPath, text, { mode: 0o644, overwrite, source: publicSource })
      try {
        secret.commit()
        open.commit()
      } finally {
        open.discard()
      }
    } finally {
      secret.discard()
    }
  })
  return { publicKeyPath }
}

const publicPath = (path: string): string => join(dirname(path), `${basename(path).replace(/\.key$/, '')}.pub`)

/** The text of a small file, or why there is none in words that finish the sentence "found …". */
export type TextFile = { readonly text: string; readonly mode: number } | { readonly problem: string }

/** Reads a UTF-8 file of at most 1 MiB. A pipe or a device, which might never end or never begin, is not read. */
export function readTextFile(path: string): TextFile {
  let file: number | undefined
  try {
    // Without O_NONBLOCK, opening a pipe waits until another process writes to it.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(file)
    if (!stat.isFile()) return { problem: stat.isDirectory() ? 'a folder' : 'no regular file' }
    const bytes = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    for (let n = -1; n !== 0 && length < bytes.length; length += n)
      n = readSync(file, bytes, length, bytes.length - length, null)
    if (length === bytes.length) return { problem: `a file of more than ${MAX_BYTES} bytes` }
    const content = bytes.subarray(0, length)
    if (isUtf16(content))
      return { problem: 'a file that is not UTF-8 but UTF-16 (in PowerShell, write it with -Encoding utf8)' }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content)
    return { text, mode: stat.mode }
  } catch (error) {
    return { problem: describeSystemError(error, 'read') }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** A file as errors name it: its part, and where it was named. */
interface FilePlace {
  readonly field: string
  readonly source: string
}

function load<T>(path: string, place: FilePlace, parse: (text: string) => T): Loaded<T> {
  const { text, mode } = readText(path, place)
  const value = parse(text)
  if (platform === 'win32' || (mode & 0o044) === 0) return { value }
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  return {
    value,
    warning: `${path} can be read by others than its owner (mode ${octal}) and holds secrets: chmod 600 it`,
  }
}

function readText(path: string, { field, source }: FilePlace): { readonly text: string; readonly mode: number } {
  const file = readTextFile(path)
  if (!('problem' in file)) return file
  const found = source === path ? file.problem : `${file.problem} at ${path}`
  throw new IdentityError({ field, source, expected: 'a readable file', found })
}
