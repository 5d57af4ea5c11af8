// Projects outside of the repository, as a newcomer may have them: made from the packed tarballs, installed as pnpm does it, so
// that a project finds only the packages that it names itself. scripts/fixtures/newcomer is the program that they compile.
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { root } from './tree.mjs'

const FIXTURES = join(root, 'scripts/fixtures/newcomer')

const NEWEST = 'typescript/bin/tsc'
/** The oldest TypeScript that the README promises. */
const OLDEST = 'typescript-oldest/bin/tsc'

const OPTIONS = {
  target: 'es2022',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  declaration: true,
  skipLibCheck: false,
  rootDir: '.',
  outDir: 'dist',
}
const NODENEXT = { ...OPTIONS, module: 'nodenext' }
const NODE10 = { ...OPTIONS, module: 'commonjs', moduleResolution: 'node' }

const BOTH = ['@aster/client', '@aster/server']
/** Packages that others cannot be asked to compile with `moduleResolution: node`, and why. */
const NOT_NODE10 = { '@aster/compliance': 'the declarations of fast-check need exports' }

/** The program that reads hovers from the compiler, and the expected text of some. */
const HOVERS = join(root, 'scripts/lib/hovers.mjs')
const SHOWN = {
  read: 'const read: { ok: boolean; }',
  given: 'const given: { readonly ok?: boolean | undefined; }',
  nested:
    'const nested: { strict: { id: string; part: { colour: "red" | "blue"; size: 0 | 1 | 2; weight: number | undefined; };' +
    ' note: string | undefined; }; count: number; }',
}

/** @type {Record<string, { type: 'module' | 'commonjs', compiler: string, options: object, packages: string[], source: 'program' | 'producer' | 'entries' }>} */
const PROJECTS = {
  esm: { type: 'module', compiler: NEWEST, options: NODENEXT, packages: BOTH, source: 'program' },
  'esm-oldest': { type: 'module', compiler: OLDEST, options: NODENEXT, packages: BOTH, source: 'program' },
  commonjs: { type: 'commonjs', compiler: NEWEST, options: NODENEXT, packages: BOTH, source: 'program' },
  'commonjs-oldest': { type: 'commonjs', compiler: OLDEST, options: NODE10, packages: BOTH, source: 'program' },
  producer: { type: 'module', compiler: NEWEST, options: NODENEXT, packages: ['@aster/server'], source: 'producer' },
  entries: { type: 'commonjs', compiler: OLDEST, options: NODE10, packages: [], source: 'entries' },
}

/**
 * Installs, compiles, runs and bundles the projects.
 *
 * @param {string} place an empty folder outside of the repository
 * @param {{ name: string, dir: string, manifest: object }[]} packages `dir`: where `node_modules` has their dependencies
 * @param {(name: string, folder: string) => void} unpack puts the content of a tarball into a folder
 * @param {(file: string, args: string[], cwd: string) => Promise<{ failed: boolean, output: string }>} attempt runs a program
 * @returns {Promise<string[]>} the problems
 */
export async function newcomerProblems(place, packages, unpack, attempt) {
  const folderOf = installLikePnpm(place, packages, unpack)
  const tryProject = async ([name, project]) => {
    const folder = makeProject(place, name, project, { packages, folderOf })
    const steps = [[join(root, 'node_modules', project.compiler)]]
    if (project.source === 'program') steps.push(['dist/run.js'])
    for (const args of steps) {
      const { failed, output } = await attempt(process.execPath, args, folder)
      if (failed) return [`newcomer, ${name}: ${output}`]
    }
    if (name === 'esm') return bundleProblems(folder, attempt)
    return name === 'esm-oldest' ? hoverProblems(folder, attempt) : []
  }
  return (await Promise.all(Object.entries(PROJECTS).map(tryProject))).flat()
}

/** @returns {(name: string) => string} returns the folder of a package */
function installLikePnpm(place, packages, unpack) {
  const store = join(place, 'node_modules/.pnpm')
  const folderOf = (name) => join(store, name.replace('/', '+'), 'node_modules', name)
  const own = new Set(packages.map(({ name }) => name))
  for (const { name, dir, manifest } of packages) {
    mkdirSync(folderOf(name), { recursive: true })
    unpack(name, folderOf(name))
    const { dependencies, optionalDependencies, peerDependencies } = manifest
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const target = own.has(dependency) ? folderOf(dependency) : realpathSync(join(dir, 'node_modules', dependency))
      link(target, join(store, name.replace('/', '+'), 'node_modules', dependency))
    }
  }
  return folderOf
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

function makeProject(place, name, { type, options, packages: named, source }, { packages, folderOf }) {
  const folder = join(place, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, type }))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }))
  link(realpathSync(join(root, 'node_modules/@types/node')), join(folder, 'node_modules/@types/node'))
  const installed = source === 'entries' ? packages.map((pkg) => pkg.name).filter((pkg) => !(pkg in NOT_NODE10)) : named
  for (const pkg of installed) link(folderOf(pkg), join(folder, 'node_modules', pkg))

  if (source === 'program') cpSync(FIXTURES, folder, { recursive: true })
  if (source === 'producer') {
    const text = readFileSync(join(FIXTURES, 'definitions.ts'), 'utf8')
    writeFileSync(join(folder, 'definitions.ts'), text.replaceAll('@aster/client', '@aster/server'))
  }
  if (source === 'entries') {
    const entries = packages.flatMap((pkg) =>
      installed.includes(pkg.name) ? Object.keys(pkg.manifest.exports).map((entry) => pkg.name + entry.slice(1)) : [],
    )
    const lines = entries.map((entry, index) => `export * as entry${index} from '${entry}'\n`)
    writeFileSync(join(folder, 'entries.ts'), lines.join(''))
  }
  return folder
}

/** Editors show the fields of messages, not the type expression that computes them. */
async function hoverProblems(folder, attempt) {
  const { failed, output } = await attempt(process.execPath, [HOVERS, folder, 'hovered.ts'], folder)
  if (failed) return [`newcomer, hovers: ${output}`]
  return Object.entries(JSON.parse(output)).flatMap(([name, shown]) => {
    if (/\b(Flat|\w+Fields)</.test(shown)) return [`newcomer, hovers: ${name} is a wall: ${shown}`]
    const wanted = SHOWN[name]
    return wanted === undefined || shown.replaceAll(/\s+/g, ' ') === wanted ? [] : [`newcomer, hovers: ${shown}`]
  })
}

/** Bundles into one file, except for modules that cannot be bundled. */
async function bundleProblems(folder, attempt) {
  try {
    await build({
      entryPoints: [join(folder, 'run.ts')],
      outfile: join(folder, 'bundle.mjs'),
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: ['@aster/iroh-native', '@number0/iroh', '@foxglove/wasm-zstd'],
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'silent',
    })
  } catch (error) {
    return [`newcomer, bundle: ${error.message}`]
  }
  const { failed, output } = await attempt(process.execPath, ['bundle.mjs'], folder)
  return failed ? [`newcomer, bundle: ${output}`] : []
}
