import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** No configuration is near this. */
const MAX_FILE_BYTES = 1 << 20

export type TextFile =
  | { readonly text: string; readonly readableByAll: boolean }
  /** Why there is no text, in words that finish the sentence "found …". */
  | { readonly problem: string }

/** Reads a small UTF-8 file. A pipe or device, which might never end or never begin, is not read. */
export function readTextFile(path: string): TextFile {
  let file: number | undefined
  try {
    // Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(file)
    if (!stat.isFile()) return { problem: stat.isDirectory() ? 'a folder' : 'no regular file' }
    const bytes = Buffer.alloc(MAX_FILE_BYTES + 1)
    let length = 0
    for (let n = -1; n !== 0 && length < bytes.length; length += n)
      n = readSync(file, bytes, length, bytes.length - length, null)
    if (length === bytes.length) return { problem: `a file of more than ${MAX_FILE_BYTES} bytes` }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length))
    return { text, readableByAll: (stat.mode & 0o004) !== 0 }
  } catch (error) {
    return { problem: problemOf(error) }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function problemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
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
      return `a file that cannot be read (${typeof code === 'string' ? code : 'unknown error'})`
  }
}
