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

export interface WriteOptions {
  /** Replace a file that is there. */
  readonly overwrite?: boolean | undefined
  /** How errors name the file. @default the path */
  readonly source?: string | undefined
}

/** What a section may do with the file that it has locked. */
export interface LockedFile {
  /** The path, behind every symbolic link. */
  readonly target: string
  /** Prepares the new content of a file, which gets its place with `commit`. */
  readonly stage: (path: string, text: string, options: StageOptions) => StagedFile
}

export interface StageOptions {
  readonly mode: number
  readonly overwrite: boolean
  /** How errors name the file. */
  readonly source: string
  /** Called right before the file gets its place; throws if it may not. */
  readonly check?: (() => void) | undefined
}

export interface StagedFile {
  commit(): void
  /** Removes what was prepared, if it did not get its place. */
  discard(): void
}

/** Runs a section while no other process changes the file. @throws IdentityError if it cannot be written */
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

/** Writes a file: all of it or nothing, through symbolic links. @throws IdentityError */
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

/** A reader sees the old file or the new one, never a part: the text goes to a file beside it, which then takes its place. */
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

/** Returns `undefined` if the folder takes no new file and the file itself may be written to. */
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

/** Returns false if the file cannot be replaced but perhaps written to: one that is mounted on its own, or held open. */
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

/** Gives a file its name if it is free. Unlike a rename, neither way replaces a file. */
function createFile(draft: string | undefined, target: string, text: string, mode: number): void {
  try {
    if (draft !== undefined) return linkSync(draft, target)
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error
  }
  // A file system without hard links, such as exFAT or SMB: until it is written, a reader sees a part of the file.
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

/** Not all or nothing: if it fails, the old content is put back; if the process ends in between, the draft beside it is whole. */
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

/** A file that root writes for another user stays the other user's. */
function keepOwner(descriptor: number, { uid, gid }: Owner): void {
  const own = fstatSync(descriptor)
  if (own.uid !== uid || own.gid !== gid) keepQuiet(() => fchownSync(descriptor, uid, gid))
}

/** A device, a pipe or a folder is not replaced by a file. */
function assertReplaceable(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || stat.isFile()) return
  throw systemError(stat.isDirectory() ? 'EISDIR' : 'ENOTREG')
}

/**
 * Removes what a process left that ended before its file got its place: it holds secrets. Only when the file is whole again:
 * what is left may be all that there is of a file that was written in place.
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

/** A new name survives a power cut only once its folder is on disk. Not every system can be asked for that. */
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
    // What is tried here is an improvement; not every file system knows it.
  }
}

function attempt<T>(source: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw writeError(source, error)
  }
}

/** The error of a file that is there and stays. */
export const existsError = (source: string): IdentityError => writeError(source, systemError('EEXIST'))

const systemError = (code: string): Error => Object.assign(new Error(code), { code })

function writeError(source: string, error: unknown): IdentityError {
  const found = systemErrorCode(error) === 'ENOTREG' ? 'no regular file' : describeSystemError(error, 'write')
  return new IdentityError({ field: 'file', source, expected: 'a place to write', found })
}
