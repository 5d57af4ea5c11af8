// Reads the installed packages from pnpm-lock.yaml. It reads the form that pnpm writes, not YAML in general.

/**
 * @param {string} text
 * @returns {object} its maps as nested objects, scalars as strings
 */
export function parseLockfile(text) {
  const root = {}
  const open = [{ indent: -1, value: root }]
  for (const line of text.split('\n')) {
    const match = /^( *)('(?:[^']|'')*'|[^\s:'][^:]*(?::[^\s:]+)*): *(.*)$/.exec(line)
    if (!match) continue
    const [, { length: indent }, key, rest] = match
    while (open.at(-1).indent >= indent) open.pop()
    const value = rest === '' ? {} : rest === '{}' ? {} : rest.startsWith('{') ? flowMap(rest) : unquote(rest)
    open.at(-1).value[unquote(key)] = value
    if (rest === '') open.push({ indent, value })
  }
  return root
}

const unquote = (text) => (/^'.*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text)

function flowMap(text) {
  const entries = text.slice(1, -1).split(/, (?=[\w-]+: )/)
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf(':')), unquote(entry.slice(entry.indexOf(':') + 2))]),
  )
}

/**
 * Returns the packages of the registry on which a program depends with some packages of this workspace.
 *
 * @param {ReturnType<typeof parseLockfile>} lockfile
 * @param {readonly string[]} folders of the packages: `packages/client`
 * @returns {Map<string, { dependencies: string[], directOf: string[] }>} by `name@version`
 */
export function productionTree({ importers, packages, snapshots }, folders) {
  const tree = new Map()
  const add = (id) => {
    if (tree.has(id)) return tree.get(id)
    const { dependencies = {}, optionalDependencies = {} } = snapshots[id] ?? {}
    const { name, version } = splitId(id)
    // An optional peer is in the lockfile if something else brings it.
    const { peerDependenciesMeta: peers = {} } = packages[`${name}@${version}`] ?? {}
    const found = Object.entries({ ...dependencies, ...optionalDependencies })
      .filter(([name]) => peers[name]?.optional !== 'true')
      .map(([name, version]) => idOf(name, version))
    const entry = { dependencies: found, directOf: [] }
    tree.set(id, entry)
    found.forEach(add)
    return entry
  }
  for (const folder of folders) {
    const { dependencies = {}, optionalDependencies = {} } = importers[folder] ?? {}
    for (const [name, { version }] of Object.entries({ ...dependencies, ...optionalDependencies }))
      if (!version.startsWith('link:')) add(idOf(name, version)).directOf.push(folder)
  }
  return tree
}

const idOf = (name, version) => (/^[^(]*@[\d]/.test(version) ? version : `${name}@${version}`)

/** `@x/y@1.2.3(typescript@5.0.0)` → `{ name: '@x/y', version: '1.2.3' }` */
export function splitId(id) {
  const bare = id.replace(/\(.*/, '')
  const at = bare.lastIndexOf('@')
  return { name: bare.slice(0, at), version: bare.slice(at + 1) }
}
