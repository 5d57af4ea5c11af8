// Checks the packages as a user installs them: packs every public package, checks the tarballs, runs apps/custom-layers with only
// the tarballs that it needs, several copies of the packages in one process, plain and minified, and the projects of newcomers, as
// pnpm and npm install them; the addon of @aster/iroh-native with them, if one was built. Needs a build; run it from a pnpm
// script, since it calls pnpm.
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundleCopies, installCopies, PROBE, renamedClasses, VARIANTS } from './lib/copies.mjs'
import { builtPlatform, fromTarballs, nativeInstallProblems, packPlatforms } from './lib/native-install.mjs'
import { newcomerProblems } from './lib/newcomer.mjs'
import { contractProblems, tarballProblems } from './lib/package-contract.mjs'
import { report } from './lib/report.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

const CUSTOM_LAYERS = 'apps/custom-layers'
/** apps/custom-layers shows how small a custom layer can be. */
const CUSTOM_LAYER_LINES = 60
/** The only packages that apps/custom-layers may need, which have no dependency of third parties. */
const CUSTOM_LAYERS_NEEDS = ['@aster/rpc-core', '@aster/rpc-client', '@aster/rpc-server']

const bin = (name) => join(root, 'node_modules/.bin', name)
const run = promisify(execFile)

const folder = mkdtempSync(join(tmpdir(), 'aster-packages-'))
const built = builtPlatform()
try {
  const files = readTree()
  const packages = packagesOf(files).filter(({ kind, manifest }) => kind === 'packages' && !manifest.private)
  const packed = await inParallel(packages, pack)
  const problems = packed.flatMap((result) => result.problems)
  const tarballs = new Map(packed.map(({ name, tarball }) => [name, tarball]))
  problems.push(...longLayers(files), ...(await customLayersProblems(tarballs)))
  if (packed.every(({ tarball }) => tarball !== undefined)) {
    const platforms = packPlatforms(folder, built)
    problems.push(...(await platformProblems(platforms)))
    problems.push(...(await copiesProblems(packages, tarballs)))
    problems.push(...(await newcomersProblems(packages, { tarballs, platforms })))
    if (built !== undefined) problems.push(...(await nativeProblems({ tarballs, platforms })))
  }
  const copies = Object.keys(VARIANTS).length + 1
  const native = built === undefined ? 'no addon, for none was built' : `the addon for ${built}`
  report('packages', {
    problems,
    seen: `${packages.length} tarballs, ${CUSTOM_LAYERS}, ${copies} copies side by side, the projects of newcomers, ${native}`,
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function pack({ dir, manifest }) {
  const { name } = manifest
  const problems = contractProblems(manifest)
  const packing = await attempt('pnpm', ['pack', '--json', '--pack-destination', folder], join(root, dir))
  if (packing.failed)
    return { name, problems: [...problems, `pnpm pack: ${packing.output}`].map((text) => `${name}: ${text}`) }
  const { filename: tarball, files } = JSON.parse(packing.output)
  problems.push(
    ...tarballProblems(
      manifest,
      files.map(({ path }) => path),
    ),
  )
  for (const [tool, ...args] of [
    ['publint', tarball, '--strict'],
    // Node supports `require` of ES modules from 20.19 on.
    ['attw', tarball, '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'ascii', '--no-color'],
  ]) {
    const { failed, output } = await attempt(bin(tool), args)
    if (failed) problems.push(`${tool}: ${output}`)
  }
  return { name, tarball, problems: problems.map((text) => `${name}: ${text}`) }
}

function longLayers(files) {
  return [...files]
    .filter(([path, text]) => path.startsWith(`${CUSTOM_LAYERS}/src/`) && text.split('\n').length > CUSTOM_LAYER_LINES)
    .map(([path]) => `${path} has to stay under ${CUSTOM_LAYER_LINES} lines`)
}

/** The program runs on the tarballs alone, in a folder without any native module. */
async function customLayersProblems(tarballs) {
  const program = join(root, CUSTOM_LAYERS, 'dist')
  if (!existsSync(program)) return [`${CUSTOM_LAYERS} has no dist folder; build it`]
  const place = join(folder, 'custom-layers')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'custom-layers', private: true, type: 'module' }))
  const needed = CUSTOM_LAYERS_NEEDS.map((name) => tarballs.get(name)).filter(Boolean)
  if (needed.length !== CUSTOM_LAYERS_NEEDS.length)
    return [`${CUSTOM_LAYERS}: not all of ${CUSTOM_LAYERS_NEEDS.join(', ')} were packed`]
  const install = await attempt(
    'npm',
    ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...needed],
    place,
  )
  if (install.failed) return [`${CUSTOM_LAYERS}: npm install of the tarballs: ${install.output}`]
  cpSync(program, join(place, 'dist'), { recursive: true })

  const problems = []
  const resolve = "import.meta.resolve('@number0/iroh')"
  const iroh = await attempt(process.execPath, ['--input-type=module', '--eval', resolve], place)
  if (!/Cannot find package/.test(iroh.output))
    problems.push(`${CUSTOM_LAYERS}: @number0/iroh can be found, so nothing is proved`)
  const { failed, output } = await attempt(process.execPath, ['dist/main.js'], place)
  if (failed) problems.push(`${CUSTOM_LAYERS}: ${output}`)
  return problems
}

/** Errors, timestamps and calls of one copy are known in each other, and their classes have the names of the sources. */
async function copiesProblems(packages, tarballs) {
  const place = join(folder, 'copies')
  installCopies(
    place,
    packages.map(({ dir, manifest }) => ({
      name: manifest.name,
      dir: join(root, dir),
      dependencies: manifest.dependencies ?? {},
    })),
    (name, to) => unpack(tarballs.get(name), to),
  )
  const problems = packages.flatMap(({ manifest: { name } }) =>
    renamedClasses(join(place, 'node_modules', name, 'dist')).map((found) => `${name}: a class is renamed in ${found}`),
  )
  const copies = await bundleCopies(place)
  const { failed, output } = await attempt(process.execPath, [PROBE, JSON.stringify(copies)], place)
  return [...problems, ...(failed ? [`copies: ${output}`] : JSON.parse(output))]
}

/** Projects outside of the repository compile, run and are bundled, with old and new settings and compilers. */
async function newcomersProblems(packages, { tarballs, platforms }) {
  const place = join(folder, 'newcomers')
  mkdirSync(place)
  const problems = await newcomerProblems(
    place,
    packages.map(({ dir, manifest }) => ({ name: manifest.name, dir: join(root, dir), manifest })),
    (name, to) => unpack(tarballs.get(name), to),
    attempt,
  )
  return problems.length > 0 ? problems : npmProblems(place, { tarballs, platforms })
}

/** The programs run in a folder where npm installed the tarballs and their dependencies. */
async function npmProblems(place, { tarballs, platforms }) {
  const installed = join(place, 'npm')
  mkdirSync(installed)
  const overrides = fromTarballs(new Map([...tarballs, ...platforms]))
  const manifest = { name: 'npm', private: true, dependencies: fromTarballs(tarballs), overrides }
  writeFileSync(join(installed, 'package.json'), JSON.stringify(manifest))
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--package-lock=false']
  const install = await attempt('npm', ['install', ...options], installed)
  if (install.failed) return [`newcomer, npm install of the tarballs: ${install.output}`]
  for (const name of ['esm', 'commonjs']) {
    const project = join(installed, name)
    cpSync(join(place, name, 'package.json'), join(project, 'package.json'))
    cpSync(join(place, name, 'dist'), join(project, 'dist'), { recursive: true })
    const { failed, output } = await attempt(process.execPath, ['dist/run.js'], project)
    if (failed) return [`newcomer, ${name} with npm: ${output}`]
  }
  return []
}

/** Packages of platforms are found by their `os`, `cpu` and `libc`, and have no types. */
async function platformProblems(platforms) {
  const results = await inParallel([...platforms], async ([name, tarball]) => {
    const { failed, output } = await attempt(bin('publint'), [tarball, '--strict'])
    return failed ? [`${name}: publint: ${output}`] : []
  })
  return results.flat()
}

/** The addon is in use if a package manager installed it; otherwise the log says that it is missing. */
async function nativeProblems({ tarballs, platforms }) {
  const results = await inParallel(['npm', 'pnpm'], async (tool) => {
    const place = join(folder, 'native', tool)
    mkdirSync(place, { recursive: true })
    return nativeInstallProblems({ place, tool, packages: tarballs, platforms, built, attempt })
  })
  return results.flat()
}

function unpack(tarball, to) {
  execFileSync('tar', ['-xzf', tarball, '-C', to, '--strip-components=1'])
}

async function attempt(file, args, cwd = root) {
  try {
    const { stdout } = await run(file, args, { cwd, timeout: 600_000, maxBuffer: 1 << 24 })
    return { failed: false, output: stdout }
  } catch (error) {
    const output = [error.stdout, error.stderr].filter(Boolean).join('\n').trim()
    return { failed: true, output: output || error.message }
  }
}

/** As many at a time as there are cores. */
async function inParallel(items, work) {
  const results = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}
