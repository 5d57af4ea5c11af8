/**
 * The record of used one-time credentials on disk.
 *
 * @packageDocumentation
 */
import { type FileHandle, lstat, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '@aster/rpc-core/schema'
import { AdmissionError } from './errors.ts'
import { NONCE_MARGIN_MS, type NonceStore } from './nonce-store.ts'

const NONCE = /^[0-9a-f]{64}$/
/** Seconds and a line feed. What lacks the line feed was not written to its end; the nonce is used all the same. */
const EXPIRY = /^(\d{1,20})\n$/
const UNFINISHED = /^\d{0,20}$/
/** Above what an expiry takes. */
const MAX_BYTES = 32
const PRUNE_EVERY_MS = 60 * 60 * 1000

/**
 * Keeps used nonces in a folder, one file each, so that they outlive the process and may be shared by several on one
 * machine. A file is created exclusively, which the file system grants to one caller only, and is on disk before `use`
 * gives true. Expired ones are removed, at opening and about once an hour of use.
 */
export class FileNonceStore implements NonceStore {
  readonly folder: string
  readonly #now: () => number
  #pruned = 0

  private constructor(folder: string, now: () => number) {
    this.folder = folder
    this.#now = now
  }

  /**
   * Makes the folder (mode 0700) where it is missing, and looks at what is in it; names that begin with a dot are left
   * alone. Throws `AdmissionError` where it cannot be used, or holds something that this class did not write.
   *
   * @param options.now milliseconds since the epoch. Default: the clock
   */
  static async open(
    folder: string,
    { now = Date.now }: { readonly now?: (() => number) | undefined } = {},
  ): Promise<FileNonceStore> {
    const store = new FileNonceStore(folder, now)
    await attempt(folder, 'a folder for used nonces', async () => mkdir(folder, { recursive: true, mode: 0o700 }))
    await store.#prune()
    return store
  }

  async use(nonce: string, expiresAt: number | bigint): Promise<boolean> {
    if (!NONCE.test(nonce)) throw new AdmissionError('nonce: expected 64 lower-case hex digits')
    const path = join(this.folder, nonce)
    const first = await attempt(path, 'to create it', async () => {
      const file = await createExclusively(path)
      if (file === undefined) return false
      await writeToDisk(file, `${expiresAt}\n`)
      await syncFolder(this.folder)
      return true
    })
    // What it meets there concerns the next opening, not this consumer.
    if (first && this.#now() - this.#pruned > PRUNE_EVERY_MS) await this.#prune().catch(() => {})
    return first
  }

  async #prune(): Promise<void> {
    this.#pruned = this.#now()
    const names = await attempt(this.folder, 'a folder for used nonces', async () => readdir(this.folder))
    for (const name of names) {
      if (name.startsWith('.')) continue
      const path = join(this.folder, name)
      if (!NONCE.test(name)) throw contentError(path, 'nothing but files named by nonces', 'another name')
      await attempt(path, 'a used nonce', async () => this.#pruneOne(path))
    }
  }

  async #pruneOne(path: string): Promise<void> {
    try {
      const expiry = await readExpiry(path)
      if (expiry !== undefined && expiry * 1000 + NONCE_MARGIN_MS <= this.#now()) await unlink(path)
    } catch (error) {
      // Another process was faster.
      if (systemErrorCode(error) !== 'ENOENT') throw error
    }
  }
}

/** Nothing where the file is there already. */
async function createExclusively(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return undefined
    throw error
  }
}

async function writeToDisk(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A new name survives a power cut only once its folder is on disk. Not every system can be asked for that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

/** Seconds since the epoch; nothing where none was written. */
async function readExpiry(path: string): Promise<number | undefined> {
  // Before it is opened: opening a pipe would wait for its writer.
  const stat = await lstat(path)
  if (!stat.isFile()) throw contentError(path, 'a file', 'something else')
  const text = stat.size > MAX_BYTES ? undefined : await readFile(path, 'latin1')
  const [, seconds] = (text !== undefined && EXPIRY.exec(text)) || []
  if (seconds !== undefined) return Number(seconds)
  if (text !== undefined && UNFINISHED.test(text)) return undefined
  throw contentError(path, 'the expiry in seconds and a line feed', `${stat.size} other bytes`)
}

/** Tells which path failed, and how. */
async function attempt<T>(path: string, expected: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof AdmissionError) throw error
    const found = systemErrorCode(error) ?? String(error)
    throw new AdmissionError(`nonce store ${path}: expected ${expected}, found ${found}`, { cause: error })
  }
}

function contentError(path: string, expected: string, found: string): AdmissionError {
  return new AdmissionError(`nonce store ${path}: expected ${expected}, found ${found}`)
}
