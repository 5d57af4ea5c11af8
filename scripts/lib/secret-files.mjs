// Files in which secrets may stand, and a search of all others: those that only their owner may read, and inputs of tests.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** By name or a part of the path. */
const EXPECTED = [
  [/identity|(^|\/)(my-)?id$|\.toml$/, 'identity files and configuration with a key, which their owner wrote'],
  [/\.key$|\.key\.|root/, 'root keys'],
  [/cred|ott|policy|\.json$|authorize/, 'credentials, which are made to be handed to a consumer'],
  [/aster-settings-[^/]*\/work\/[abx]$/, 'the same, as the vectors of the configuration name them'],
  [/nonce/, 'used nonces: the name of each file is one, and nothing is gained by a nonce that was used'],
]
const MAX_BYTES = 1 << 20
/** Rights of others than the owner. */
const OTHERS = 0o077

/**
 * @param {string} path of a file or folder
 * @param {(text: string) => string | undefined} find
 * @returns {string[]} each file that shows a secret and should not
 */
export function leaksIn(path, find) {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) {
    try {
      return readdirSync(path).flatMap((name) => leaksIn(join(path, name), find))
    } catch {
      // A test took the right to read it away.
      return []
    }
  }
  if (!stat?.isFile() || stat.size > MAX_BYTES || (stat.mode & OTHERS) === 0) return []
  if (EXPECTED.some(([pattern]) => pattern.test(path))) return []
  try {
    const leak = find(`${basename(path)}\n${readFileSync(path, 'latin1')}`)
    return leak === undefined ? [] : [`${path} shows ${leak}`]
  } catch {
    return []
  }
}
