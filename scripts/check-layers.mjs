// Checks the imports between packages, and the places where vendors, Node and machine names may appear. `turbo boundaries` checks
// declared dependencies and tags; this checks each source file. ARCHITECTURE.md explains the arrows.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { importsOf, splitSpecifier } from './lib/imports.mjs'
import { hostOf, leaksOf } from './lib/leaks.mjs'
import { report } from './lib/report.mjs'
import { packagesOf, readTree } from './lib/tree.mjs'

const SCOPE = '@aster/'
const LEAVES = [
  'rpc-core',
  'config',
  'identity',
  'contract',
  'description',
  'health',
  'reflection',
  'interceptors',
  'transport-*',
  'codec-*',
  'compression-*',
]
const RPC = ['rpc-core', 'identity', 'admission', 'rpc-client', 'rpc-server']

/** Package → the packages of ours that its source may import. `*` stands for the rest of a name. */
const ARROWS = {
  'rpc-core': [],
  config: ['rpc-core', 'identity'],
  identity: ['rpc-core'],
  contract: ['rpc-core'],
  description: ['rpc-core', 'contract'],
  health: ['rpc-core'],
  reflection: ['rpc-core', 'description'],
  interceptors: ['rpc-core'],
  'transport-iroh': ['rpc-core', 'iroh-native'],
  'transport-*': ['rpc-core'],
  'codec-*': ['rpc-core'],
  'compression-*': ['rpc-core'],
  'iroh-native': [],
  compliance: ['rpc-core'],
  admission: ['rpc-core', 'identity'],
  'rpc-client': ['rpc-core'],
  'rpc-server': ['rpc-core'],
  client: [...LEAVES, ...RPC],
  server: [...LEAVES, ...RPC],
  cli: [...LEAVES, ...RPC, 'client', 'server'],
  // Private: services for tests, and tests across packages.
  'test-services': ['rpc-core'],
  tests: ['*'],
}

/** Modules that only one file, or the files of one folder, may import. */
const VENDORS = [
  // The benchmark measures both raw, as the limit of the possible speed.
  { name: 'iroh', specifiers: ['@number0/iroh'], package: 'transport-iroh', except: ['bench'] },
  {
    name: 'the native core',
    specifiers: ['@aster/iroh-native'],
    package: 'transport-iroh',
    folder: 'src/rings/',
    except: ['bench'],
  },
  { name: 'zstd', specifiers: ['@foxglove/wasm-zstd', 'node:zlib'], package: 'compression-zstd' },
]

const WARN_LINES = 300
const MAX_LINES = 500

const builtins = new Set(builtinModules)
const matches = (pattern, name) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name)
const isCode = (path) => /\.m?[jt]s$/.test(path)
const isTest = (path) =>
  /\.(test|test-d|bench|interop|relay|hostile)\.m?[jt]s$/.test(path) ||
  /^(test|interop|relay|bench|fuzz|hostile|faults|load|programs)\//.test(path) ||
  path.includes('/fixtures/')
const isSource = (path) => isCode(path) && !isTest(path)

/**
 * @param {Map<string, string>} files path → text
 * @param {string[]} hosts registry hosts that must not be named, beside those known by their form
 */
export function checkLayers(files, hosts = []) {
  const problems = []
  const warnings = []
  const packages = packagesOf(files)
  const byName = new Map(packages.map((pkg) => [pkg.manifest.name, pkg]))
  const rootDev = Object.keys(JSON.parse(files.get('package.json') ?? '{}').devDependencies ?? {})

  for (const pkg of packages) {
    problems.push(...manifestProblems(pkg))
    for (const [path, text] of pkg.files) {
      if (!isCode(path)) continue
      for (const { specifier, line } of importsOf(text)) {
        const problem =
          specifier === undefined
            ? isTest(path)
              ? undefined
              : 'imports a computed name; name the module, so that the arrows can be checked'
            : importProblem({ pkg, path, specifier, byName, rootDev })
        if (problem) problems.push(`${pkg.dir}/${path}:${line} ${problem}`)
      }
    }
  }
  for (const vendor of VENDORS) problems.push(...vendorProblems(packages, vendor))
  for (const [path, text] of files) {
    problems.push(...leaksOf(path, text, hosts))
    const lines = isCode(path) ? text.trimEnd().split('\n').length : 0
    if (lines > MAX_LINES) problems.push(`${path} has ${lines} lines; ${MAX_LINES} is the most`)
    else if (lines > WARN_LINES)
      warnings.push(`${path} has ${lines} lines; past ${WARN_LINES} look for a second subject in it`)
  }
  return { problems, warnings, seen: `${packages.length} packages, ${files.size} files` }
}

function manifestProblems({ dir, folder, kind, manifest, files }) {
  const problems = []
  if (manifest.name !== SCOPE + folder)
    problems.push(`${dir}/package.json is named ${manifest.name}, not ${SCOPE}${folder}`)
  if (kind === 'packages' && !arrowsOf(folder)) {
    problems.push(`${dir} is not in the table of arrows; add it to scripts/check-layers.mjs`)
  }
  if (!files.has('turbo.json')) problems.push(`${dir} has no turbo.json with its tag`)
  if (folder === 'rpc-core') {
    for (const key of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
      for (const name of Object.keys(manifest[key] ?? {})) {
        problems.push(`${dir}/package.json ${key} has ${name}; rpc-core depends on nothing`)
      }
    }
  }
  return problems
}

const arrowsOf = (folder) => Object.entries(ARROWS).find(([pattern]) => matches(pattern, folder))?.[1]

function importProblem({ pkg, path, specifier, byName, rootDev }) {
  const { manifest, folder, kind } = pkg
  const test = isTest(path)
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier))
    if (target.startsWith('..')) return `imports ${specifier}, which leaves the package`
    if (!test && isTest(target)) return `imports ${specifier}, which is a test`
    return undefined
  }
  const [name, subpath] = splitSpecifier(specifier)
  if (specifier.startsWith('node:')) {
    if (!test && isPortable(pkg) && !isNodeEntry(pkg, path)) return `imports ${specifier}, but the package is portable`
    return undefined
  }
  if (builtins.has(name)) return `imports ${specifier}; write node:${specifier}`

  const declared = [
    manifest.dependencies,
    manifest.peerDependencies,
    manifest.optionalDependencies,
    test && manifest.devDependencies,
  ]
    .flatMap((group) => Object.keys(group || {}))
    .concat(test ? [...rootDev, manifest.name] : [])
  if (!declared.includes(name)) {
    return `imports ${name}, which is not in its ${test ? 'dependencies or devDependencies' : 'dependencies'}`
  }
  const target = byName.get(name)
  if (!target) return name.startsWith(SCOPE) ? `imports ${name}, which is no package here` : undefined
  if (!target.manifest.exports?.[subpath]) return `imports ${specifier}, which ${name} does not export`
  if (target.kind === 'apps') return `imports ${name}; nothing imports an app`
  const arrows = arrowsOf(folder)
  if (!test && kind === 'packages' && arrows && !arrows.some((pattern) => matches(pattern, target.folder))) {
    return `imports ${name}, against the arrows: ${folder} may import ${arrows.join(', ') || 'none of ours'}`
  }
  return undefined
}

const isPortable = (pkg) => pkg.files.get('tsconfig.json')?.includes('tsconfig.portable.json') ?? false

/** File access of a portable package sits behind its `./node` entry: in that file, and in the folder of its name. */
function isNodeEntry(pkg, path) {
  const entry = pkg.manifest.exports?.['./node']?.['@aster/source']
  return entry === `./${path}` || (entry === './src/node.ts' && path.startsWith('src/node/'))
}

function vendorProblems(packages, vendor) {
  const knows = (text) =>
    vendor.specifiers.some((specifier) => importsOf(text).some((found) => found.specifier === specifier))
  const owner = packages.find((pkg) => pkg.folder === vendor.package)
  if (!owner) return []
  const problems = []
  for (const pkg of packages) {
    const knowing = [...pkg.files].filter(
      ([path, text]) => (pkg === owner ? isSource(path) : isCode(path)) && knows(text),
    )
    if (pkg === owner && vendor.folder) {
      for (const [path] of knowing)
        if (!path.startsWith(vendor.folder))
          problems.push(`${pkg.dir}/${path} knows about ${vendor.name}; only ${vendor.folder} does`)
    } else if (pkg === owner && knowing.length !== 1) {
      const where = knowing.map(([path]) => path).join(', ') || 'none'
      problems.push(
        `${pkg.dir}: exactly one file imports ${vendor.specifiers.join(' or ')}, not ${knowing.length} (${where})`,
      )
    }
    if (pkg !== owner && !vendor.except?.includes(pkg.folder)) {
      for (const [path] of knowing)
        problems.push(`${pkg.dir}/${path} knows about ${vendor.name}; only ${owner.dir} does`)
    }
  }
  return problems
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  report('layers', checkLayers(readTree(), [hostOf(process.env.npm_config_registry)].filter(Boolean)))
}
