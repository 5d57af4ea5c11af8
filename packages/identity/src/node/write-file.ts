import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describeSystemError, systemErrorCode } from '@aster/rpc-core/schema'
import { type FileLock, refusesFiles, withFileLock } from './file-lock.ts'
import { followLinks } from './follow-links.ts'
import { IdentityError } from '../identity-error.ts'

/** Options of the functions that write a file. */
export interface WriteOptions {
  /** Whether an existing file is replaced. */
  readonly overwrite?: boolean | undefined
  /**
   * The name of the file in errors.
   *
   * @default the path
   */
  readonly source?: string | undefined
}

/** The file that a section has locked. */
export interface LockedFile {
  /** The path behind all symbolic links. */
  readonly target: string
  /** Prepares the new content of a file. `commit` puts it in place. */
  readonly stage: (path: string, text: string, options: StageOptions) => StagedFile
}

export interface StageOptions {
  readonly mode: number
  readonly overwrite: boolean
  /** The name of the file in errors. */
  readonly source: string
  /** Called right before the file is replaced. Throws if it may not be replaced. */
  readonly check?: (() => void) | undefined
}

export interface StagedFile {
  commit(): void
  /** Removes the prepared content if it was not put in place. */
  discard(): void
}

/**
 * Runs a section while no other process changes the file.
 *
 * @throws IdentityError if the file cannot be written
 */
export function lockFile<T>(path: string, source: string, section: (file: LockedFile) => T): T {
  let thrown: { readonly error: unknown } | undefined
  try {
    assertReplaceable(path)
    const target = followLinks(path)
    return withFileLock(target, (lock) => {
      try {
        const done = section({
          target,
          stage: (path, text, options) => stageFile(lock, followLinks(path), text, options),
        })
        removeDrafts(target)
        return done
      } catch (error) {
        thrown = { error }
        throw error
      }
    })
  } catch (error) {
    throw thrown?.error === error ? error : writeError(source, error)
  }
}

/**
 * Writes a file atomically, through symbolic links.
 *
 * @throws IdentityError if the file cannot be written
 */
export function writeFile(path: string, text: string, { mode, overwrite, source }: Omit<StageOptions, 'check'>): void {
  lockFile(path, source, ({ stage }) => {
    const staged = stage(path, text, { mode, overwrite, source })
    try {
      staged.commit()
    } finally {
      staged.discard()
    }
  })
}

/** Writes the text to a draft beside the file, which then replaces the file, so that a reader never sees a part of it. */
function stageFile(lock: FileLock, target: string, text: string, options: StageOptions): StagedFile {
  const { mode, overwrite, source, check } = options
  const draft = attempt(source, () => writeDraft(target, text, options))
  return {
    commit() {
      check?.()
      lock.assertHeld()
      attempt(source, () => {
        if (!overwrite) createFile(draft, target, text, mode)
        else if (draft === undefined || !replaceFile(draft, target)) writeInPlace(target, text, mode)
      })
      syncFolder(dirname(target))
    },
    discard() {
      if (draft !== undefined) rmSync(draft, { force: true })
    },
  }
}

/** Returns the path of the draft, or `undefined` if the folder accepts no new file but the file itself can be written to. */
function writeDraft(target: string, text: string, { mode, overwrite }: StageOptions): string | undefined {
  const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.new`)
  try {
    createExclusively(draft, text, mode, ownerOf(target))
    return draft
  } catch (error) {
    if (!overwrite || !refusesFiles(systemErrorCode(error)) || ownerOf(target) === undefined) throw error
    return undefined
  }
}

/** Returns false if the file cannot be replaced, because it is mounted on its own or held open; writing to it may still work. */
function replaceFile(draft: string, target: string): boolean {
  try {
    renameSync(draft, target)
    return true
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EBUSY' || code === 'EXDEV' || code === 'ETXTBSY' || refusesFiles(code)) return false
    throw error
  }
}

/** Creates a file, by a hard link to the draft or directly. Unlike a rename, neither replaces a file that exists. */
function createFile(draft: string | undefined, target: string, text: string, mode: number): void {
  try {
    if (draft !== undefined) return linkSync(draft, target)
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error
  }
  // The file system, such as exFAT or SMB, has no hard links. Readers may see a part of the file until it is complete.
  createExclusively(target, text, mode)
}

function createExclusively(path: string, text: string, mode: number, owner?: Owner): void {
  const descriptor = openSync(path, 'wx', mode)
  try {
    if (owner !== undefined) keepOwner(descriptor, owner)
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Writes to the existing file, which is not atomic. If writing fails, the old content is restored. If the process ends before
 * that, the draft still has the complete new content.
 */
function writeInPlace(path: string, text: string, mode: number): void {
  const descriptor = openSync(path, 'r+')
  try {
    const before = readFileSync(descriptor)
    keepQuiet(() => fchmodSync(descriptor, mode))
    try {
      overwrite(descriptor, Buffer.from(text))
    } catch (error) {
      keepQuiet(() => overwrite(descriptor, before))
      throw error
    }
  } finally {
    closeSync(descriptor)
  }
}

function overwrite(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at)
  ftruncateSync(descriptor, bytes.length)
  fsyncSync(descriptor)
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

const ownerOf = (path: string): Owner | undefined => statSync(path, { throwIfNoEntry: false })

/** Keeps the owner of a file that root writes for another user. */
function keepOwner(descriptor: number, { uid, gid }: Owner): void {
  const own = fstatSync(descriptor)
  if (own.uid !== uid || own.gid !== gid) keepQuiet(() => fchownSync(descriptor, uid, gid))
}

/** Throws if the path is a device, a pipe or a folder, which a file must not replace. */
function assertReplaceable(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || stat.isFile()) return
  throw systemError(stat.isDirectory() ? 'EISDIR' : 'ENOTREG')
}

/**
 * Removes drafts of processes that ended too early, since drafts contain secrets. Called only when the file is complete: a
 * draft may be the only complete copy of a file that was written in place.
 */
function removeDrafts(target: string): void {
  const prefix = `.${basename(target)}.`
  keepQuiet(() => {
    for (const name of readdirSync(dirname(target))) {
      const left = name.startsWith(prefix) && /^[0-9a-f]{12}\.new$/.test(name.slice(prefix.length))
      if (left) rmSync(join(dirname(target), name), { force: true })
    }
  })
}

/** Writes a folder to disk, or a power cut could lose the new name. Not every system supports it. */
function syncFolder(folder: string): void {
  keepQuiet(() => {
    const descriptor = openSync(folder, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  })
}

function keepQuiet(run: () => void): void {
  try {
    run()
  } catch {
    // Not every file system supports this, and the write is valid without it.
  }
}

function attempt<T>(source: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw writeError(source, error)
  }
}

/** Returns the error for an existing file that may not be replaced. */
export const existsError = (source: string): IdentityError => writeError(source, systemError('EEXIST'))

const systemError = (code: string): Error => Object.assign(new Error(code), { code })

function writeError(source: string, error: unknown): IdentityError {
  const found = systemErrorCode(error) === 'ENOTREG' ? 'no regular file' : describeSystemError(error, 'write')
  return new IdentityError({ field: 'file', source, expected: 'a place to write', found })
}
