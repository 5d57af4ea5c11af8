// Checks the result of an installation of @aster/iroh-native by npm and pnpm from the packed packages: the binary of the platform is in
// use, and @number0/iroh without one, or with one that cannot be loaded.
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binaryOf, NATIVE, packageNameOf, PLATFORMS } from './native-platforms.mjs'
import { root } from './tree.mjs'

/** The content of a file that no loader accepts. */
const BROKEN = 'no binary'

/** Prints the binding in use and the log lines about it. */
const PROGRAM = `
import { IrohTransport } from '@aster/transport-iroh'
const lines = []
const logger = { ...console, debug: (fields, text) => lines.push(text + ': ' + fields.reason) }
const transport = await IrohTransport.bind({ relayMode: 'disabled', bindAddr: '127.0.0.1:0', logger })
console.log(JSON.stringify({ binding: transport.binding, lines }))
await transport.close()
`

/** Returns the platform of which a binary was built in the checkout, for this system and processor, if there is one. */
export function builtPlatform() {
  const fits = ([name, { os, cpu }]) =>
    os === process.platform && cpu === process.arch && existsSync(join(root, NATIVE, binaryOf(name)))
  return Object.entries(PLATFORMS).find(fits)?.[0]
}

/** Makes the folder of the package of a platform, as it is packed. */
export function stagePlatform(platform, place, binary) {
  cpSync(join(root, NATIVE, 'npm', platform), place, { recursive: true })
  copyFileSync(join(root, 'LICENSE'), join(place, 'LICENSE'))
  if (binary === undefined) writeFileSync(join(place, binaryOf(platform)), BROKEN)
  else copyFileSync(binary, join(place, binaryOf(platform)))
}

/**
 * Packs the packages of the platforms: with the binary that was built here, and with a file that is not a binary for the others.
 *
 * @param {string} folder the destination of the tarballs
 * @returns {Map<string, string>} name → tarball
 */
export function packPlatforms(folder, built = builtPlatform()) {
  const tarballs = new Map()
  for (const platform of Object.keys(PLATFORMS)) {
    const place = join(folder, 'npm', platform)
    stagePlatform(platform, place, platform === built ? join(root, NATIVE, binaryOf(platform)) : undefined)
    const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
    const [{ filename, files }] = JSON.parse(execFileSync('npm', packing, { cwd: place, encoding: 'utf8' }))
    const paths = files.map(({ path }) => path).sort()
    const expected = ['LICENSE', 'README.md', binaryOf(platform), 'package.json'].sort()
    if (paths.join() !== expected.join())
      throw new Error(`${packageNameOf(platform)}: the tarball has ${paths.join(', ')}`)
    tarballs.set(packageNameOf(platform), join(folder, filename))
  }
  return tarballs
}

/** Returns dependencies and overrides that install each package from its tarball, also as a dependency of another. */
export const fromTarballs = (tarballs) =>
  Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]))

/**
 * Installs the tarballs with a package manager, and looks which binding is in use: as installed, with a broken binary, and
 * without one.
 *
 * @param {{ place: string, tool: 'npm' | 'pnpm', packages: Map<string, string>, platforms: Map<string, string>, built: string,
 *   attempt: (file: string, args: string[], cwd: string) => Promise<{ failed: boolean, output: string }> }} options
 *   `place`: an empty folder; `packages` and `platforms`: name → tarball; `built`: the platform with a binary
 * @returns {Promise<string[]>} the problems
 */
export async function nativeInstallProblems({ place, tool, packages, platforms, built, attempt }) {
  const where = `@aster/iroh-native with ${tool}`
  const overrides = fromTarballs(new Map([...packages, ...platforms]))
  const manifest = { name: tool, private: true, type: 'module', dependencies: fromTarballs(packages) }
  const own = tool === 'npm' ? { overrides } : { pnpm: { overrides } }
  writeFileSync(join(place, 'package.json'), JSON.stringify({ ...manifest, ...own }))
  writeFileSync(join(place, 'run.mjs'), PROGRAM)
  const quiet = tool === 'npm' ? ['--no-audit', '--no-fund'] : ['--ignore-workspace']
  const args = [tool, 'install', '--prefer-offline', '--ignore-scripts', ...quiet]
  const install = await attempt('env', [...ownSettings(), ...args], place)
  if (install.failed) return [`${where}: install: ${install.output}`]

  const problems = []
  const folders = platformFolders(place, tool)
  const names = folders.map((folder) => folder.slice(folder.lastIndexOf('iroh-native-') + 'iroh-native-'.length))
  // pnpm learns the platform of a tarball only when it has unpacked it, and keeps all.
  const isRight = tool === 'npm' ? names.join() === built : names.includes(built)
  if (!isRight) problems.push(`${where}: installs the binaries ${names.join(', ') || 'of no platform'}`)
  const expect = async (state, binding, line, env = '') => {
    const { failed, output } = await attempt('env', [`ASTER_IROH_BINDING=${env}`, process.execPath, 'run.mjs'], place)
    if (failed) return problems.push(`${where}, ${state}: ${output}`)
    const found = JSON.parse(output)
    if (found.binding !== binding) problems.push(`${where}, ${state}: ${found.binding} is in use: ${found.lines}`)
    if (!line.test(found.lines.join('\n')))
      problems.push(`${where}, ${state}: the log is ${JSON.stringify(found.lines)}`)
  }
  await expect('as installed', 'native', /^$/)
  await expect('forced not to', 'number0', /^$/, 'number0')
  for (const folder of folders) {
    const binary = join(folder, binaryOf(built))
    // pnpm links files to its store.
    rmSync(binary, { force: true })
    writeFileSync(binary, BROKEN)
  }
  await expect(
    'with a broken binary',
    'number0',
    /^@aster\/iroh-native is not used: .* is broken or of another platform/,
  )
  for (const folder of folders) rmSync(folder, { recursive: true })
  await expect(
    'without its binary',
    'number0',
    /^@aster\/iroh-native is not used: .* is there: install on this platform/,
  )
  return problems
}

/** Arguments of `env` that take away the settings of this workspace, which pnpm hands on to its scripts. */
function ownSettings() {
  const ofMachine = /registry|userconfig|globalconfig|cache|proxy|cafile|auth/i
  const settings = Object.keys(process.env).filter((name) => /^p?npm_config_/i.test(name) && !ofMachine.test(name))
  return settings.flatMap((name) => ['-u', name])
}

function platformFolders(place, tool) {
  const scope = (folder) => join(place, folder, '@aster')
  const store = join(place, 'node_modules/.pnpm')
  const scopes =
    tool === 'npm'
      ? [scope('node_modules')]
      : readdirSync(store).map((name) => scope(`node_modules/.pnpm/${name}/node_modules`))
  return scopes
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name.startsWith('iroh-native-'))
        .map((entry) => join(folder, entry.name)),
    )
}
