/**
 * Records used one-time credentials on disk.
 *
 * @packageDocumentation
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, link, lstat, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describeSystemError, type SystemAction, systemErrorCode } from '@aster/rpc-core/schema'
import { AdmissionError } from './errors.ts'
import { formatNonceFile, MAX_NONCE_FILE_BYTES, type NonceFile, parseNonceFile } from './nonce-file.ts'
import { NONCE_MARGIN_MS, type NonceStore, type NonceUse } from './nonce-store.ts'

const NONCE = /^[0-9a-f]{64}$/
/** The name of a draft, which is renamed to the nonce when it is complete. */
const DRAFT = /^\.[0-9a-f]{64}\.[0-9a-f-]{36}$/
/** How often expired nonces are removed. */
const PRUNE_EVERY_MS = 60 * 60 * 1000

/**
 * Keeps used nonces in a folder, one file for each, so that they outlive the process and several processes of one machine can
 * share them. A complete file is renamed to its nonce, which succeeds for one caller only, and is on disk before `use`
 * returns true. Expired files are removed when the store is opened and about once an hour of use.
 */
export class FileNonceStore implements NonceStore {
  /** The path of the folder. */
  readonly folder: string
  readonly #now: () => number
  #pruned = 0

  private constructor(folder: string, now: () => number) {
    this.folder = folder
    this.#now = now
  }

  /**
   * Opens a store. Creates the folder (mode 0700) if it is missing, and checks its files. Names that begin with a dot are
   * ignored, except for incomplete files of this class.
   *
   * @param options.now returns the time in milliseconds since the epoch, by default `Date.now`
   * @throws AdmissionError if the folder cannot be used, or if it contains a file that this class did not write
   */
  static async open(
    folder: string,
    { now = Date.now }: { readonly now?: (() => number) | undefined } = {},
  ): Promise<FileNonceStore> {
    const store = new FileNonceStore(folder, now)
    const makeFolder = async () => mkdir(folder, { recursive: true, mode: 0o700 })
    await attempt(folder, 'a folder for used nonces', makeFolder, 'write')
    await store.#prune()
    return store
  }

  async use(nonce: string, expiresAt: number | bigint, use?: NonceUse): Promise<boolean> {
    const path = this.#path(nonce)
    const content = formatNonceFile({ expiresAt, use })
    const create = async (): Promise<boolean> => {
      if (!(await createComplete(path, join(this.folder, `.${nonce}.${randomUUID()}`), content))) return false
      await syncFolder(this.folder)
      return true
    }
    const first = await attempt(path, 'to create it', create, 'write')
    // An error must not refuse this consumer. It is found again when the store is opened the next time.
    if (first && this.#now() - this.#pruned > PRUNE_EVERY_MS) await this.#prune().catch(() => {})
    return first
  }

  async findUse(nonce: string): Promise<NonceUse | undefined> {
    const path = this.#path(nonce)
    return attempt(path, 'a used nonce', async () => (await ifThere(readNonceFile(path)))?.use)
  }

  #path(nonce: string): string {
    if (NONCE.test(nonce)) return join(this.folder, nonce)
    throw new AdmissionError('nonce: expected 64 lower-case hex digits')
  }

  async #prune(): Promise<void> {
    this.#pruned = this.#now()
    const names = await attempt(this.folder, 'a folder for used nonces', async () => readdir(this.folder))
    for (const name of names) {
      const path = join(this.folder, name)
      if (DRAFT.test(name)) await attempt(path, 'a draft', async () => removeAbandoned(path))
      if (name.startsWith('.')) continue
      if (!NONCE.test(name)) throw contentError(path, 'nothing but files named by nonces', 'another name')
      await attempt(path, 'a used nonce', async () => this.#pruneOne(path))
    }
  }

  async #pruneOne(path: string): Promise<void> {
    const file = await ifThere(readNonceFile(path))
    if (file?.expiresAt === undefined || Number(file.expiresAt) * 1000 + NONCE_MARGIN_MS > this.#now()) return
    await ifThere(unlink(path))
  }
}

/**
 * Creates a file that is complete from the first moment on, so that any process that finds it can read the use. Returns false
 * if the file exists already.
 */
async function createComplete(path: string, draft: string, content: string): Promise<boolean> {
  if ((await ifThere(lstat(path))) !== undefined) return false
  try {
    await createExclusively(draft, content)
    try {
      await link(draft, path)
      return true
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false
    }
    // The file system has no hard links. Another process may read the file before it is complete, and then finds no use.
    return await createExclusively(path, content)
  } finally {
    await ifThere(unlink(draft))
  }
}

/** Writes a new file to disk. Returns false if it exists already. A file that cannot be written is removed again. */
async function createExclusively(path: string, content: string): Promise<boolean> {
  let file: FileHandle
  try {
    file = await open(path, 'wx', 0o600)
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  }
  try {
    await file.writeFile(content)
    await file.sync()
    return true
  } catch (error) {
    // The file may be removed, because no caller has learned yet that the use is recorded.
    await ifThere(unlink(path))
    throw error
  } finally {
    await file.close()
  }
}

/** Removes a draft if its process seems to have ended before the draft was complete. */
async function removeAbandoned(draft: string): Promise<void> {
  const stat = await ifThere(lstat(draft))
  // The times of files come from the clock of the system, not from that of the store.
  if (stat !== undefined && Date.now() - stat.mtimeMs > PRUNE_EVERY_MS) await ifThere(unlink(draft))
}

async function readNonceFile(path: string): Promise<NonceFile> {
  // The check comes before the file is opened, since opening a pipe would wait for its writer.
  const stat = await lstat(path)
  if (!stat.isFile()) throw contentError(path, 'a file', 'something else')
  const file = stat.size > MAX_NONCE_FILE_BYTES ? undefined : parseNonceFile(await readFile(path, 'utf8'))
  if (file !== undefined) return file
  throw contentError(path, 'the expiry in seconds and a line feed', `${stat.size} other bytes`)
}

/** Returns `undefined` if the file is missing, since another process may have removed it. */
async function ifThere<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Writes a folder to disk, or a power cut could lose the new name. Not every system supports it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

/** Runs an operation, and throws an `AdmissionError` with the path and the failure if the operation fails. */
async function attempt<T>(
  path: string,
  expected: string,
  run: () => Promise<T>,
  action: SystemAction = 'read',
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof AdmissionError) throw error
    const found = systemErrorCode(error) === undefined ? String(error) : describeSystemError(error, action)
    throw new AdmissionError(`nonce store ${path}: expected ${expected}, found ${found}`, { cause: error })
  }
}

function contentError(path: string, expected: string, found: string): AdmissionError {
  return new AdmissionError(`nonce store ${path}: expected ${expected}, found ${found}`)
}
