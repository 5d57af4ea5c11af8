/**
 * Reads and writes the files of `@aster/identity`: identity files, credential files and root keys.
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

/** The largest number of bytes of a file that is read, far more than any configuration, key, credential or identity file has. */
const MAX_BYTES = 1_048_576

/** A value that was read from a file, with a warning for the owner of the file. */
export interface Loaded<T> {
  /** The value. */
  readonly value: T
  /** A sentence if users other than the owner may read a file with secrets. */
  readonly warning?: string | undefined
}

/**
 * Reads an identity file.
 *
 * @param options `source`: the name of the file in errors, by default the path
 * @throws IdentityError if the file cannot be read, or is ill-formed
 */
export function readIdentityFile(path: string, { source = path }: SourceOptions = {}): Loaded<Identity> {
  return load(path, { field: 'identity_file', source }, (text) => parseIdentityFile(text, { source }))
}

/**
 * Reads the credential of a consumer from a file with JSON, or from an identity file.
 *
 * @param options `source`: the name of the file in errors, by default the path
 * @throws IdentityError if the file cannot be read, or is ill-formed
 */
export function readConsumerCredentialFile(
  path: string,
  { source = path, peer }: SourceOptions & { readonly peer?: string | undefined } = {},
): Loaded<ConsumerCredentialFile> {
  return load(path, { field: 'credential', source }, (text) => parseConsumerCredentialFile(text, { source, peer }))
}

/**
 * Reads a root key pair, including the secret key, from `root.key`.
 *
 * @param options `source`: the name of the file in errors, by default the path
 * @throws IdentityError if the file cannot be read, or is ill-formed
 */
export function readRootKeyFile(path: string, { source = path }: SourceOptions = {}): Loaded<KeyPair> {
  return load(path, { field: 'root key', source }, (text) => parseRootKey(text, { source }))
}

/**
 * Reads the public key of a root key from `root.pub`, from `root.key` (whose secret key is ignored) or from a file with bare
 * hex.
 *
 * @param options `source`: the name of the file in errors, by default the path
 * @throws IdentityError if the file cannot be read, or is ill-formed
 */
export function readRootPublicKeyFile(path: string, { source = path }: SourceOptions = {}): string {
  return parseRootPublicKey(readText(path, { field: 'root key', source }).text, { source })
}

/**
 * Writes an identity file with mode 0600, atomically, and through symbolic links. An existing file is replaced by default. To
 * change an existing file, use `updateIdentityFile`.
 *
 * @throws IdentityError if the file cannot be written, or if a part of the identity is ill-formed
 */
export function writeIdentityFile(
  path: string,
  identity: Identity,
  { overwrite = true, source = path }: WriteOptions = {},
): void {
  writeFile(path, formatIdentityFile(identity), { mode: 0o600, overwrite, source })
}

/**
 * Reads an identity file, changes it and writes it under a lock, so that no change of another process at the same time is
 * lost. Blocks the thread until the lock is free. Returns the identity that was written, and the warning of reading.
 *
 * @param change receives the identity, or `undefined` if there is no file, and returns the identity to write. If it throws,
 *   nothing is written and the error is thrown on. It may be called again if the file has changed in the meantime
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
    // A program that does not know the lock may have written to the file.
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

/** Returns a string that changes if the file at a path changes, or `undefined` if there is no file. */
function readVersion(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

/**
 * Writes a credential as JSON with mode 0600, atomically, and through symbolic links. An existing file is replaced by default.
 *
 * @throws IdentityError if the file cannot be written, or if a part of the credential is ill-formed
 */
export function writeCredentialFile(
  path: string,
  credential: Credential,
  { overwrite = true, source = path }: WriteOptions = {},
): void {
  writeFile(path, formatCredentialFile(credential), { mode: 0o600, overwrite, source })
}

/**
 * Writes `root.key` (mode 0600) and `root.pub` (mode 0644) beside it, through symbolic links. An existing key is replaced
 * only with `overwrite`.
 *
 * @throws IdentityError if there is a key already, or if the files cannot be written
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
    // Both files are on disk before one of them replaces an old one.
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

/** The text of a small file, or the reason why it cannot be read, in words that complete the sentence "found …". */
export type TextFile = { readonly text: string; readonly mode: number } | { readonly problem: string }

/** Reads a UTF-8 file of at most 1 MiB. A pipe or a device is not read, since it may block forever. */
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

/** The name of a file in errors: the kind of its content, and its source. */
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
