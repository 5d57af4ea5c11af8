// Checks the packages that users install with the published ones: each is in docs/dependencies.md with its licence and the size
// that it may have, and none runs a script when it is installed. Reads pnpm-lock.yaml and the installed packages, and needs no network.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseLockfile, productionTree, splitId } from './lib/lockfile.mjs'
import { report } from './lib/report.mjs'
import { packagesOf, readTree } from './lib/tree.mjs'

const LIST = 'docs/dependencies.md'
/** The part of it that scripts/check-native.mjs checks. */
const CRATES = '## Crates of the addon\n'
/** Permissive: they ask for no more than to be named. */
const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
]
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

/**
 * @typedef {object} Installed facts about a package that is installed here
 * @property {string} licence
 * @property {number} kib of all its files
 * @property {string[]} scripts their names
 *
 * @param {Map<string, string>} files path → text
 * @param {(id: string) => Installed | undefined} installed by `name@version`; binaries of other platforms are not here
 */
export function checkDependencies(files, installed) {
  const problems = []
  const lockfile = parseLockfile(files.get('pnpm-lock.yaml') ?? '')
  problems.push(...lockfileProblems(files, lockfile))

  const published = packagesOf(files).filter(({ kind, manifest }) => kind === 'packages' && !manifest.private)
  const tree = productionTree(
    lockfile,
    published.map(({ dir }) => dir),
  )
  const listed = readList((files.get(LIST) ?? '').split(CRATES, 1)[0])
  const names = new Set()
  for (const [id, { dependencies, directOf }] of tree) {
    const { name } = splitId(id)
    names.add(name)
    const row = listed.get(name)
    if (row === undefined) {
      const users = directOf.join(', ') || 'a dependency'
      problems.push(`${name}, which ${users} brings, is not in ${LIST}: say there why, or do without`)
      continue
    }
    if (row.isDirect !== directOf.length > 0)
      problems.push(`${LIST}: ${name} is ${directOf.length > 0 ? 'a direct dependency' : 'brought by another'}`)
    if (row.isDirect && row.brings !== reachedFrom(id, tree).size)
      problems.push(`${LIST}: ${name} brings ${reachedFrom(id, tree).size} packages, not ${row.brings}`)
    if (!isAllowed(row.licence)) problems.push(`${LIST}: ${name} has a licence that is not allowed: ${row.licence}`)
    const found = installed(id)
    if (found === undefined) {
      if (dependencies.length > 0) problems.push(`${id} is not installed`)
      continue
    }
    if (found.licence !== row.licence)
      problems.push(`${LIST}: ${name} has the licence ${found.licence}, not ${row.licence}`)
    if (found.kib > row.maxKib) problems.push(`${id} has ${found.kib} KiB; ${LIST} allows ${row.maxKib}`)
    const scripts = INSTALL_SCRIPTS.filter((script) => found.scripts.includes(script))
    if (scripts.length > 0) problems.push(`${id} runs ${scripts.join(', ')} when it is installed`)
  }
  for (const name of listed.keys()) if (!names.has(name)) problems.push(`${LIST}: nothing published depends on ${name}`)
  return { problems, seen: `${tree.size} packages behind ${published.length} published ones` }
}

/** `MIT OR Apache-2.0` leaves the choice. */
function isAllowed(licence) {
  return licence.split(' OR ').some((one) => LICENCES.includes(one.replace(/[()]/g, '')))
}

function reachedFrom(id, tree, reached = new Set()) {
  for (const one of tree.get(id)?.dependencies ?? []) {
    if (reached.has(one)) continue
    reached.add(one)
    reachedFrom(one, tree, reached)
  }
  return reached
}

/** Every package of the workspace's own tree comes from a registry that is not named, with a hash, and builds nothing. */
function lockfileProblems(files, { packages }) {
  const problems = []
  for (const [id, { resolution }] of Object.entries(packages ?? {})) {
    if (!/^sha512-[\w+/]{86}==$/.test(resolution?.integrity ?? '')) problems.push(`pnpm-lock.yaml: ${id} has no hash`)
    if (resolution?.tarball !== undefined) problems.push(`pnpm-lock.yaml: ${id} names where it is from`)
  }
  if (/https?:\/\//.test(files.get('pnpm-lock.yaml') ?? '')) problems.push('pnpm-lock.yaml names a host')
  const workspace = files.get('pnpm-workspace.yaml') ?? ''
  if (!/^strictDepBuilds: true$/m.test(workspace))
    problems.push(
      'pnpm-workspace.yaml: strictDepBuilds: true is missing, without which a new install script is no error',
    )
  const [, builds = ''] = /^allowBuilds:\n((?: .*\n)*)/m.exec(workspace) ?? []
  for (const line of builds.split('\n').filter(Boolean))
    if (!line.endsWith(': false')) problems.push(`pnpm-workspace.yaml: allowBuilds lets an install script run:${line}`)
  return problems
}

/**
 * Rows of the tables: package, licence, KiB at most, and for direct dependencies how many others each brings.
 *
 * @returns {Map<string, { licence: string, maxKib: number, brings: number, isDirect: boolean }>}
 */
function readList(text) {
  const rows = new Map()
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim())
    const [, name] = /^`([^`]+)`$/.exec(cells[1] ?? '') ?? []
    if (name === undefined) continue
    const isDirect = cells.length > 7
    const maxKib = Number(cells[3].replaceAll(',', ''))
    rows.set(name, { licence: cells[2], maxKib, brings: isDirect ? Number(cells[4]) : 0, isDirect })
  }
  return rows
}

/** A package in pnpm's store of this workspace. */
function readInstalled(id) {
  const { name } = splitId(id)
  const store = id.replaceAll('/', '+').replaceAll('(', '_').replaceAll(')', '')
  const folder = join('node_modules', '.pnpm', store, 'node_modules', name)
  if (!existsSync(folder)) return undefined
  const { license: licence = 'none', scripts = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { licence, scripts: Object.keys(scripts), kib: Math.ceil(sizeOf(folder) / 1024) }
}

function sizeOf(folder) {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size
  return bytes
}

if (argv[1] === fileURLToPath(import.meta.url)) report('dependencies', checkDependencies(readTree(), readInstalled))
