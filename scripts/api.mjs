// The declarations that each public package exports, in api/<package>.api.md: a change of the public API shows in a
// review. Compares by default; `pnpm lint:api --write` renews the files. Reads `dist`, which `pnpm lint:api` builds.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { apiReport } from './lib/api-report.mjs'
import { declarationsOf } from './lib/declarations.mjs'
import { exportsOf } from './lib/exports.mjs'
import { report } from './lib/report.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

/** Packages that are installed alone: they export every type of ours that their declarations name. */
const COMPLETE = ['@aster/client', '@aster/server']

const COMPUTED = 'a step of an exported type that is computed'
const PART = 'a part of an exported type, which writes it out'
const CONSTRUCTED = 'only for a constructor or a factory that users do not call; hide it'

/** Package → name that an exported declaration mentions and users cannot import → why that is accepted. */
const EXCEPTIONS = {
  '@aster/client': { POLICIES: 'the values of Policy' },
  '@aster/config': { ConfigValues: COMPUTED, Fields: COMPUTED, FieldValues: COMPUTED, Setting: COMPUTED },
  '@aster/codec-fory': { dialects: 'an option is one of its keys; name these in a type instead' },
  '@aster/identity': { PeerOfRole: COMPUTED, Signed: COMPUTED, SignedByRoot: PART, Unsigned: COMPUTED },
  '@aster/rpc-client': {
    ClassCall: COMPUTED,
    CallResponses: CONSTRUCTED,
    MethodCall: COMPUTED,
    MethodNames: COMPUTED,
    RequestQueue: CONSTRUCTED,
  },
  '@aster/rpc-core': {
    HandlerShapes: COMPUTED,
    InferFields: COMPUTED,
    InitFields: COMPUTED,
  },
  '@aster/transport-memory': { MemorySettings: CONSTRUCTED, NetworkAccess: CONSTRUCTED },
}

/**
 * Rolls up the public API of the packages.
 *
 * @param {Map<string, string>} files path → text
 * @param {{ folder?: string, types?: readonly string[] }} options the folder of the tree, and the packages of @types
 *   that the declarations use
 * @returns {Promise<{ name: string, path: string, text: string, mentioned: object[] }[]>} `path` is
 *   `api/<package>.api.md`, `text` its expected content
 */
export async function apiReports(files, { folder = root, types } = {}) {
  const packages = packagesOf(files).filter(({ kind, manifest }) => kind === 'packages' && !manifest.private)
  const entries = packages.flatMap((pkg) =>
    Object.entries(pkg.manifest.exports).map(([entry, target]) => ({
      pkg,
      specifier: pkg.manifest.name + entry.slice(1),
      dir: join(folder, pkg.dir),
      types: join(folder, pkg.dir, target.types),
      names: exportsOf(pkg.files.get(target['@aster/source'].replace('./', ''))),
    })),
  )
  const declarations = declarationsOf(entries, types)
  const apis = entries.map((entry, index) => ({ ...entry, declarations: declarations[index] }))
  for (const api of apis) assertFresh(api)
  return Promise.all(
    packages.map(async (pkg) => {
      const { name } = pkg.manifest
      const own = apis.filter((api) => api.pkg === pkg)
      return { name, path: `api/${pkg.folder}.api.md`, ...(await apiReport(name, own)) }
    }),
  )
}

/** Throws if the built declarations are not those of the sources. */
function assertFresh({ specifier, names, declarations }) {
  const inSource = names.map((name) => name.replace('type ', ''))
  const built = [...declarations.exported.keys()]
  const different = [
    ...inSource.filter((name) => !built.includes(name)),
    ...built.filter((name) => !inSource.includes(name)),
  ]
  if (different.length > 0) {
    throw new Error(`${specifier}: the sources and dist differ in ${different.join(', ')}; run pnpm build`)
  }
}

/**
 * Finds the names that an exported declaration mentions and users cannot import, and exceptions that are not needed.
 *
 * @param {Awaited<ReturnType<typeof apiReports>>} reports
 * @param {Record<string, Record<string, string>>} exceptions
 */
export function missingExports(reports, exceptions) {
  const problems = []
  for (const { name, mentioned } of reports) {
    const missing = new Map()
    for (const { missing: own, imports } of mentioned) {
      for (const local of own) missing.set(local, 'no entry exports it')
      if (!COMPLETE.includes(name)) continue
      for (const { module, name: imported } of imports) {
        if (module.startsWith('@aster/') && !`${module}/`.startsWith(`${name}/`))
          missing.set(imported, `it comes from ${module}; export it as well`)
      }
    }
    const allowed = Object.keys(exceptions[name] ?? {})
    for (const [local, why] of missing) {
      if (!allowed.includes(local)) problems.push(`${name}: an exported declaration names ${local}, but ${why}`)
    }
    for (const local of allowed) {
      if (!missing.has(local)) problems.push(`${name}: the exception for ${local} in scripts/api.mjs is not needed`)
    }
  }
  return problems
}

/** Says how the files in api/ differ from the reports. */
export function differences(files, reports) {
  const stale = staleFiles(files, reports).map((path) => `${path} has no package`)
  const changed = reports
    .filter(({ path, text }) => files.get(path) !== text)
    .map(({ path, text }) => {
      const lines = changedLines(files.get(path) ?? '', text)
      return `${path} differs from the declarations; if that is meant, run pnpm lint:api --write\n${lines.join('\n')}`
    })
  return [...stale, ...changed]
}

const staleFiles = (files, reports) =>
  [...files.keys()].filter((path) => path.startsWith('api/') && !reports.some((one) => one.path === path))

const MOST_LINES = 20

function changedLines(before, after) {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const removed = old.filter((line) => !fresh.includes(line)).map((line) => `  - ${line}`)
  const added = fresh.filter((line) => !old.includes(line)).map((line) => `  + ${line}`)
  const lines = [...removed, ...added]
  if (lines.length === 0) return ['  the same lines in another order']
  if (lines.length <= MOST_LINES) return lines
  return [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more lines`]
}

function write(files, reports) {
  const stale = staleFiles(files, reports)
  const changed = reports.filter(({ path, text }) => files.get(path) !== text)
  mkdirSync(join(root, 'api'), { recursive: true })
  for (const path of stale) rmSync(join(root, path))
  for (const { path, text } of changed) writeFileSync(join(root, path), text)
  console.log(`api: renewed ${[...stale, ...changed.map(({ path }) => path)].join(', ') || 'nothing'}`)
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const files = readTree()
  const reports = await apiReports(files)
  const writes = argv.includes('--write')
  if (writes) write(files, reports)
  report('api', {
    problems: [...(writes ? [] : differences(files, reports)), ...missingExports(reports, EXCEPTIONS)],
    seen: `${reports.length} packages`,
  })
}
