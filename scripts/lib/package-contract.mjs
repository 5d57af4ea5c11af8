// The rules for every public package.

const ENGINES = '>=20.19'

/** @returns {string[]} the problems of a manifest in the repository */
export function contractProblems(manifest) {
  const problems = []
  const want = (ok, problem) => ok || problems.push(problem)
  want(manifest.type === 'module', 'type is not "module"')
  want(manifest.sideEffects === false, 'sideEffects is not false')
  want(manifest.license === 'Apache-2.0', 'license is not "Apache-2.0"')
  want(manifest.engines?.node === ENGINES, `engines.node is not "${ENGINES}"`)
  want(manifest.description?.endsWith('.'), 'description is not a sentence')
  want(manifest.publishConfig?.access === 'public', 'publishConfig.access is not "public"')
  want(manifest.files?.includes('dist'), 'files does not have "dist"')

  const entries = Object.entries(manifest.exports ?? {})
  want(entries.length > 0, 'exports is empty')
  problems.push(...fallbackProblems(manifest))
  for (const [entry, target] of entries) {
    const { '@aster/source': source, types, default: code, ...rest } = target
    const base = /^\.\/src\/(.+)\.ts$/.exec(source)?.[1]
    want(base !== undefined, `exports["${entry}"] has no @aster/source in src`)
    want(
      types === `./dist/${base}.d.ts` && code === `./dist/${base}.js`,
      `exports["${entry}"] has types or default elsewhere than its source`,
    )
    want(Object.keys(rest).length === 0, `exports["${entry}"] has ${Object.keys(rest).join(', ')}`)
    want(
      JSON.stringify(manifest.publishConfig?.exports?.[entry]) === JSON.stringify({ types, default: code }),
      `publishConfig.exports["${entry}"] is not exports["${entry}"] without its source`,
    )
  }
  const published = Object.keys(manifest.publishConfig?.exports ?? {})
  want(published.length === entries.length, 'publishConfig.exports has other entries than exports')
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    want(/^(catalog:|workspace:\^)$/.test(range), `dependency ${name} is ${range}; expected catalog: or workspace:^`)
  }
  return problems
}

/** Checks the fields that `moduleResolution: node`, Jest and old bundlers read, since they do not know `exports`. */
function fallbackProblems({ main, types, typesVersions, exports = {} }) {
  const problems = []
  const first = exports['.']
  if (main === undefined || main !== first?.default) problems.push('main is not the default of exports["."]')
  if (types === undefined || types !== first?.types) problems.push('types is not that of exports["."]')
  const others = Object.entries(exports).filter(([entry]) => entry !== '.')
  const paths = Object.fromEntries(others.map(([entry, target]) => [entry.replace(/^\.\//, ''), [target.types]]))
  const expected = others.length === 0 ? undefined : { '*': paths }
  if (JSON.stringify(typesVersions) !== JSON.stringify(expected))
    problems.push('typesVersions is not the entries of exports beside "."')
  return problems
}

/**
 * @param {string[]} paths the files of the tarball
 * @returns {string[]} the problems of the packed files
 */
export function tarballProblems(manifest, paths) {
  const problems = []
  for (const path of paths) {
    if (/\.(test|test-d|bench|interop)\.|(^|\/)(fixtures|test|interop|\.cache)\/|tsbuildinfo$/.test(path)) {
      problems.push(`the tarball has ${path}`)
    }
  }
  for (const path of [
    'README.md',
    ...Object.values(manifest.bin ?? {}),
    ...Object.values(manifest.exports ?? {}).flatMap((entry) => [entry.types, entry.default]),
  ]) {
    if (!paths.includes(path.replace(/^\.\//, ''))) problems.push(`the tarball lacks ${path}`)
  }
  return problems
}
