/**
 * The files of `@aster/identity` on disk.
 *
 * @packageDocumentation
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { platform } from 'node:process'
import { type ConsumerCredentialFile, parseConsumerCredentialFile } from './credential-file.ts'
import type { Credential } from './credential.ts'
import { formatCredentialFile } from './format-credential.ts'
import { formatIdentityFile } from './format-identity-file.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import type { Identity } from './identity.ts'
import { parseIdentityFile } from './parse-identity-file.ts'
import { formatRootKey, formatRootPublicKey, parseRootKey, parseRootPublicKey } from './root-key.ts'
import type { KeyPair } from './secret-key.ts'

/** Far above any key, credential or identity file. */
const MAX_BYTES = 1_048_576

/** What was read, and what its owner should know. */
export interface Loaded<T> {
  readonly value: T
  /** Set where others than its owner may read a file with secrets. */
  readonly warning?: string | undefined
}

/** Reads an identity file. `source` defaults to the path. Throws `IdentityError`. */
export function readIdentityFile(path: string, { source = path }: SourceOptions = {}): Loaded<Identity> {
  return load(path, { field: 'identity_file', source }, (text) => parseIdentityFile(text, { source }))
}

/** Reads a consumer's credential from JSON or an identity file. `source` defaults to the path. Throws `IdentityError`. */
export function readConsumerCredentialFile(
  path: string,
  { source = path, peer }: SourceOptions & { readonly peer?: string | undefined } = {},
): Loaded<ConsumerCredentialFile> {
  return load(path, { field: 'credential', source }, (text) => parseConsumerCredentialFile(text, { source, peer }))
}

/** Reads `root.key`. `source` defaults to the path. Throws `IdentityError`. */
export function readRootKeyFile(path: string, { source = path }: SourceOptions = {}): Loaded<KeyPair> {
  return load(path, { field: 'root key', source }, (text) => parseRootKey(text, { source }))
}

/** Reads a root public key from `root.pub`, `root.key` or a file with bare hex. `source` defaults to the path. Throws `IdentityError`. */
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
  if (!overwrite && existsSync(publicKeyPath)) throw unwritable(publicKeyPath, 'EEXIST')
  writeFile(path, formatRootKey(pair), { mode: 0o600, overwrite })
  writeFile(publicKeyPath, formatRootPublicKey(pair.publicKey), { mode: 0o644, overwrite: true })
  return { publicKeyPath }
}

interface Place {
  readonly field: string
  readonly source: string
}

function load<T>(path: string, place: Place, parse: (text: string) => T): Loaded<T> {
  const { text, mode } = readText(path, place)
  const value = parse(text)
  if (platform === 'win32' || (mode & 0o044) === 0) return { value }
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  return {
    value,
    warning: `${path} can be read by others than its owner (mode ${octal}) and holds secrets: chmod 600 it`,
  }
}

function readText(path: string, { field, source }: Place): { text: string; mode: number } {
  const refuse = (found: string) => new IdentityError({ field, source, expected: 'a readable file', found })
  const what = source === path ? '' : ` at ${path}`
  try {
    // Before it is opened: opening a pipe would wait for its writer.
    const stat = statSync(path)
    if (!stat.isFile()) throw refuse(`something else${what}`)
    if (stat.size > MAX_BYTES) throw refuse(`more than ${MAX_BYTES} bytes${what}`)
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)), mode: stat.mode }
  } catch (error) {
    if (error instanceof IdentityError) throw error
    const code = codeOf(error)
    const notText = code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    throw refuse((code === 'ENOENT' ? 'nothing' : notText ? 'bytes that are not UTF-8' : code) + what)
  }
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
    throw unwritable(path, codeOf(error))
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor)
      rmSync(beside, { force: true })
    }
  }
}

function unwritable(path: string, code: string): IdentityError {
  const found = code === 'EEXIST' ? 'a file, which is not replaced' : code
  return new IdentityError({ field: 'file', source: path, expected: 'a place to write', found })
}

/** The message of a system error would be as good, but for the path, which may be named by `source` already. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error'
}
