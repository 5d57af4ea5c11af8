import { randomBytes } from 'node:crypto'
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { systemErrorCode } from '@aster/rpc-core/schema'

/** The time after which a lock that does not change counts as abandoned. A holder needs only milliseconds. */
const PATIENCE_MS = 5_000
/** The number of times that a section runs if its file keeps changing. After that, it fails. */
const MAX_ATTEMPTS = 10

/** A lock that is held. */
export interface FileLock {
  /** Throws if another process has taken the lock over. Called right before a file is replaced. */
  assertHeld(): void
}

export interface LockOptions {
  /**
   * Milliseconds after which a lock that does not change counts as abandoned.
   *
   * @default 5000
   */
  readonly patienceMs?: number | undefined
}

/** Thrown if the lock or the file of a section has changed. The section then runs again. */
class LostLock {}

/** Makes `withFileLock` run its section again, because the file has changed since it was read. */
export function retrySection(): never {
  // oxlint-disable-next-line typescript/only-throw-error -- caught in this file, and no error that anyone sees
  throw new LostLock()
}

/**
 * Runs a section while no other process runs one for the same file. The section is synchronous and short: it reads, changes and
 * replaces the file. If a process ends in between, the next one takes over its lock after `patienceMs`. The lock is a file
 * beside the protected file, or in the folder for temporary files if that folder accepts no new file.
 *
 * @param path the path of the file, without symbolic links
 */
export function withFileLock<T>(
  path: string,
  section: (lock: FileLock) => T,
  { patienceMs = PATIENCE_MS }: LockOptions = {},
): T {
  for (let attempt = 1; ; attempt++) {
    const lock = acquire(path, patienceMs)
    try {
      return section(lock)
    } catch (error) {
      if (!(error instanceof LostLock)) throw error
      if (attempt === MAX_ATTEMPTS) throw Object.assign(new Error('the file keeps changing'), { code: 'EBUSY' })
    } finally {
      lock.release()
    }
  }
}

interface HeldLock extends FileLock {
  release(): void
}

function acquire(path: string, patienceMs: number): HeldLock {
  const token = randomBytes(12).toString('hex')
  let lockPath = join(dirname(path), `.${basename(path)}.lock`)
  let watched: { readonly mark: string; readonly since: number } | undefined
  for (;;) {
    try {
      createLock(lockPath, token)
      break
    } catch (error) {
      const code = systemErrorCode(error)
      // Windows says EPERM while another process removes the lock.
      if (code === 'EEXIST' || (code === 'EPERM' && markOf(lockPath) !== undefined)) {
        const mark = markOf(lockPath) ?? ''
        if (watched?.mark !== mark) watched = { mark, since: performance.now() }
        else if (performance.now() - watched.since > patienceMs) breakLock(lockPath, mark)
        sleep(10 + Math.random() * 20)
        continue
      }
      const elsewhere = refusesFiles(code) ? lockElsewhere(path) : undefined
      if (elsewhere === undefined || elsewhere === lockPath) throw error
      lockPath = elsewhere
    }
  }
  const isHeld = (): boolean => readLock(lockPath) === token
  return {
    assertHeld: () => void (isHeld() || retrySection()),
    release: () => void (isHeld() && rmSync(lockPath, { force: true })),
  }
}

/** Returns whether an error code says that a folder accepts no new file: it is read-only, or belongs to another user. */
export function refusesFiles(code: string | undefined): boolean {
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
}

/** Returns the path of a lock by the inode of the file, since a file that is mounted on its own has several paths. */
function lockElsewhere(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && join(tmpdir(), `aster-${stat.dev}-${stat.ino}.lock`)
}

function createLock(lockPath: string, token: string): void {
  const descriptor = openSync(lockPath, 'wx', 0o600)
  try {
    writeFileSync(descriptor, token)
  } catch (error) {
    rmSync(lockPath, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/** Returns the content of a lock, or `undefined` if there is no lock or another user owns it. */
function readLock(lockPath: string): string | undefined {
  try {
    return readFileSync(lockPath, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Returns a string that differs between two locks at the same path, even unreadable ones, or `undefined` if there is no lock.
 */
function markOf(lockPath: string): string | undefined {
  const stat = statSync(lockPath, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.ino} ${stat.mtimeNs} ${readLock(lockPath)}`
}

/** Removes an abandoned lock. If another process was faster, so that the removed lock is a new one, restores the new lock. */
function breakLock(lockPath: string, mark: string): void {
  const aside = `${lockPath}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(lockPath, aside)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return
    throw error
  }
  try {
    if (markOf(aside) !== mark) linkSync(aside, lockPath)
  } catch {
    // There are no hard links, or a third process was faster. The process that lost its lock notices the loss before it
    // replaces the file, and runs its section again.
  } finally {
    rmSync(aside, { force: true })
  }
}

/** Blocks the thread, since a section and the wait for it are synchronous. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
