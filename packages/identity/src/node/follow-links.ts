import { readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { systemErrorCode } from '@aster/rpc-core/schema'

/** The largest number of symbolic links that are followed, as in Linux. */
const MAX_LINKS = 40

/**
 * Returns the path of a file behind all symbolic links. The file and its folders need not exist.
 */
export function followLinks(path: string): string {
  let current = resolve(path)
  for (let links = 0; links <= MAX_LINKS; links++) {
    const target = readLink(current)
    if (target === undefined) return join(resolveFolder(dirname(current)), basename(current))
    // Relative to the real folder of the link: `..` in a target does not lead back through a link.
    current = resolve(resolveFolder(dirname(current)), target)
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' })
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    const code = systemErrorCode(error)
    // Windows reports UNKNOWN if the path is not a link.
    if (code === 'EINVAL' || code === 'ENOENT' || code === 'ENOTDIR' || code === 'UNKNOWN') return undefined
    throw error
  }
}

function resolveFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return folder
    throw error
  }
}
