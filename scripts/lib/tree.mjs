// The files of the checkout, at which the checks look, as a Map of path → text.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Every text file that git tracks or would track. */
export function readTree() {
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const files = new Map()
  for (const name of names.split('\0').filter(Boolean)) {
    const bytes = read(join(root, name))
    if (bytes && !bytes.includes(0)) files.set(name, bytes.toString('utf8'))
  }
  return files
}

function read(path) {
  try {
    return readFileSync(path)
  } catch (error) {
    // The file is deleted in the working tree alone, or it is the folder of a submodule.
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined
    throw error
  }
}

/**
 * The workspace packages of a tree.
 *
 * @param {Map<string, string>} files
 * @returns {{ dir: string, folder: string, kind: 'packages' | 'apps', manifest: any, files: Map<string, string> }[]}
 *   `dir` is `packages/client`, `folder` is `client`; `files` are relative to `dir`
 */
export function packagesOf(files) {
  const packages = []
  for (const [path, text] of files) {
    const match = /^(packages|apps)\/([^/]+)\/package\.json$/.exec(path)
    if (!match) continue
    const dir = `${match[1]}/${match[2]}`
    const own = new Map()
    for (const [name, content] of files) if (name.startsWith(`${dir}/`)) own.set(name.slice(dir.length + 1), content)
    packages.push({ dir, folder: match[2], kind: match[1], manifest: JSON.parse(text), files: own })
  }
  return packages
}
