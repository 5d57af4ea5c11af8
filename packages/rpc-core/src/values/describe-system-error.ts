import { systemErrorCode } from './system-error-code.ts'

/** The operation that the operating system refused: reading or writing a file. */
export type SystemAction = 'read' | 'write'

/** The words that complete "expected a readable file, found …" or "expected a place to write, found …". */
const DESCRIPTIONS: Readonly<Record<string, string | Readonly<Record<SystemAction, string>>>> = {
  EACCES: { read: 'no permission to read it', write: 'no permission to write there' },
  EBADF: 'a file that is closed',
  EBUSY: 'a file that is in use, or mounted on its own',
  EDQUOT: 'a disk quota that is used up',
  EEXIST: { read: 'a file', write: 'a file, which is not replaced' },
  EFBIG: 'a limit on the size of files',
  EIO: 'a disk that fails',
  EISDIR: 'a folder',
  ELOOP: 'symbolic links that lead in a circle',
  EMFILE: 'too many open files in this process',
  ENAMETOOLONG: 'a name that is too long',
  ENFILE: 'too many open files in the system',
  ENODEV: 'a device that is not there',
  ENOENT: { read: 'no such file', write: 'no such folder' },
  ENOMEM: 'no memory that is free',
  ENOSPC: 'a full disk',
  ENOTCONN: 'a network drive that is not connected',
  ENOTDIR: { read: 'no such file', write: 'a file where a folder of the path should be' },
  ENOTSUP: 'a file system that cannot do this',
  ENXIO: 'a device that is not there',
  EOPNOTSUPP: 'a file system that cannot do this',
  EPERM: { read: 'no permission to read it', write: 'no permission to write there' },
  EPIPE: 'a pipe that its reader has closed',
  EROFS: 'a file system that is read-only',
  ESTALE: 'a network drive that is not connected',
  ETIMEDOUT: 'a network drive that does not answer',
  ETXTBSY: 'a program that runs',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'a file that is not UTF-8',
  ERR_STREAM_DESTROYED: 'a pipe that is closed',
}

/**
 * Returns why the operating system refused to read or write, in words that complete a sentence with "found …". The words
 * include the system's error code only if the code is uncommon. They never include the error's message, which may repeat a
 * path.
 */
export function describeSystemError(error: unknown, action: SystemAction): string {
  const code = systemErrorCode(error)
  const known = code !== undefined && Object.hasOwn(DESCRIPTIONS, code) ? DESCRIPTIONS[code] : undefined
  if (known !== undefined) return typeof known === 'string' ? known : known[action]
  const reason = code ?? 'unknown error'
  return action === 'read' ? `a file that cannot be read (${reason})` : `a file that cannot be written (${reason})`
}
