// Which files reach a module through their imports.
import { posix } from 'node:path'
import { importsOf, splitSpecifier } from './imports.mjs'
import { packagesOf } from './tree.mjs'

/**
 * @param {Map<string, string>} files path → text of a checkout
 * @param {string} specifier such as `@number0/iroh`
 * @returns {(path: string) => boolean} whether a file imports the module, itself or through files of the checkout
 */
export function reaches(files, specifier) {
  const packages = new Map(packagesOf(files).map((pkg) => [pkg.manifest.name, pkg]))
  const known = new Map()

  const targetsOf = (path) =>
    importsOf(files.get(path) ?? '').flatMap(({ specifier: found }) => {
      if (found === undefined) return []
      if (found.startsWith('.')) return posix.join(posix.dirname(path), found)
      const [name, entry] = splitSpecifier(found)
      const pkg = packages.get(name)
      const source = pkg?.manifest.exports?.[entry]?.['@aster/source']
      return source === undefined ? found : posix.join(pkg.dir, source)
    })

  // Circles have been looked at once a file is on the list.
  const visit = (path) => {
    const before = known.get(path)
    if (before !== undefined) return before
    known.set(path, false)
    const found = path === specifier || targetsOf(path).some(visit)
    known.set(path, found)
    return found
  }
  return visit
}
