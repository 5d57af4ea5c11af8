/**
 * The files of `@aster/identity` on disk.
 *
 * @packageDocumentation
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { platform } from 'node:process'
import { systemErrorCode } from '@aster/rpc-core/schema'
import { type ConsumerCredentialFile, parseConsumerCredentialFile } from './credential-file.ts'
import type { Credential } from './credential.ts'
import { formatCredentialFile } from './format-credential.ts'
import { formatIdentityFile } from './format-identity-file.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import type { Identity } from './identity.ts'
import { parseIdentityFile } from './parse-identity-file.ts'
import { formatRootKey, formatRootPublicKey, parseRootKey, parseRootPublicKey } from './root-key.ts'
import type { KeyPair } from './secret-key.ts'
import { isUtf16 } from './utf-16.ts'

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

export interface WriteOptions {
  /** Replace a file that is there. */
  readonly overwrite?: boolean | undefined
}

/** Writes an identity file: 0600, and all of it or nothing. Replaces a file that is there unless told otherwise. */
export function writeIdentityFile(path: string, identity: Identity, { overwrite = true }: WriteOptions = {}): void {
  writeFile(path, formatIdentityFile(identity), { mode: 0o600, overwrite })
}

/** Writes a credential as JSON: 0600, and all of it or nothing. Replaces a file that is there unless told otherwise. */
export function writeCredentialFile(
  path: string,
  credential: Credential,
  { overwrite = true }: WriteOptions = {},
): void {
  writeFile(path, formatCredentialFile(credential), { mode: 0o600, overwrite })
}

/**
 * Writes `root.key` (0600) and beside it `root.pub` (0644). A key that is there is replaced only when told to. Throws
 * `IdentityError` where there is one.
 */
export function writeRootKeyFiles(
  path: string,
  pair: KeyPair,
  { overwrite = false }: WriteOptions = {},
): { publicKeyPath: string } {
  const publicKeyPath = join(dirname(path), `${basename(path).replace(/\.key$/, '')}.pub`)
  if (!overwrite && existsSync(publicKeyPath)) throw writeError(publicKeyPath, 'EEXIST')
  writeFile(path, formatRootKey(pair), { mode: 0o600, overwrite })
  writeFile(publicKeyPath, formatRootPublicKey(pair.publicKey), { mode: 0o644, overwrite: true })
  return { publicKeyPath }
}

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
    return { problem: describeProblem(errorCode(error)) }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function describeProblem(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no such file'
    case 'EISDIR':
      return 'a folder'
    case 'EACCES':
    case 'EPERM':
      return 'a file that may not be read'
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'a file that is not UTF-8'
    default:
      return `a file that cannot be read (${code})`
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

/** A reader sees the old file or the new one, never a part: the text goes to a file beside it, which then takes its place. */
function writeFile(path: string, text: string, { mode, overwrite }: { mode: number; overwrite: boolean }): void {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  let descriptor: number | undefined
  try {
    descriptor = openSync(beside, 'wx', mode)
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
    // Unlike a rename, a link never replaces.
    if (overwrite) renameSync(beside, path)
    else linkSync(beside, path)
  } catch (error) {
    throw writeError(path, errorCode(error))
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor)
      rmSync(beside, { force: true })
    }
  }
}

function writeError(path: string, code: string): IdentityError {
  const found = code === 'EEXIST' ? 'a file, which is not replaced' : code
  return new IdentityError({ field: 'file', source: path, expected: 'a place to write', found })
}

/** The code of a system error. Its message may repeat the path, which the error of this package names already. */
function errorCode(error: unknown): string {
  return systemErrorCode(error) ?? 'unknown error'
}
