// Several copies of the packages in one process, as a bundle beside an installation makes them: each variant is one more copy,
// as another bundler's settings leave it. scripts/lib/copies-probe.mjs is the program that has them all.
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** How a user may bundle. */
export const VARIANTS = {
  plain: {},
  minified: { minify: true },
  'minified, with names': { minify: true, keepNames: true },
  'without whitespace': { minifyWhitespace: true },
  'with short identifiers': { minifyIdentifiers: true },
  'minified for older engines': { minify: true, target: 'es2021' },
}

/** The exports of a bundle of this test: each package under its name. The addon of a transport stays outside of bundles. */
const PACKAGES = {
  admission: '@aster/admission',
  client: '@aster/client',
  codecFory: '@aster/codec-fory',
  codecJson: '@aster/codec-json',
  config: '@aster/config',
  identity: '@aster/identity',
  memory: '@aster/transport-memory',
  protocol: '@aster/rpc-core/protocol',
  rpcClient: '@aster/rpc-client',
  rpcCore: '@aster/rpc-core',
  rpcServer: '@aster/rpc-server',
  server: '@aster/server',
}

// A CommonJS module in an ESM bundle asks for Node's own modules by `require`.
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * Installs unpacked tarballs in a folder, beside the third-party packages of the checkout.
 *
 * @param {string} place the folder
 * @param {{ name: string, dir: string, dependencies: Record<string, string> }[]} packages `dir`: where `node_modules` has their dependencies
 * @param {(name: string, folder: string) => void} unpack puts the content of a tarball into a folder
 */
export function installCopies(place, packages, unpack) {
  const modules = join(place, 'node_modules')
  for (const { name, dir, dependencies } of packages) {
    mkdirSync(join(modules, name), { recursive: true })
    unpack(name, join(modules, name))
    for (const dependency of Object.keys(dependencies)) {
      if (packages.some((other) => other.name === dependency)) continue
      const link = join(modules, dependency)
      mkdirSync(dirname(link), { recursive: true })
      try {
        symlinkSync(realpathSync(join(dir, 'node_modules', dependency)), link)
      } catch (error) {
        if (error.code !== 'EEXIST') throw error
      }
    }
  }
}

/** Bundles the packages that are installed in a folder, once for each variant. Returns the names and files of all copies. */
export async function bundleCopies(place) {
  const entry = join(place, 'copy.mjs')
  const exports = Object.entries(PACKAGES).map(([key, name]) => `export * as ${key} from '${name}'\n`)
  writeFileSync(entry, exports.join(''))
  const copies = [['the installed packages', entry]]
  for (const [name, options] of Object.entries(VARIANTS)) {
    const outfile = join(place, `${name.replaceAll(/\W+/g, '-')}.mjs`)
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: ['@aster/iroh-native', '@number0/iroh', '@foxglove/wasm-zstd'],
      banner: { js: REQUIRE },
      logLevel: 'error',
      ...options,
    })
    copies.push([name, outfile])
  }
  return copies
}

/** The program that loads all copies. */
export const PROBE = join(dirname(fileURLToPath(import.meta.url)), 'copies-probe.mjs')

/**
 * Returns the classes of a built package that carry another name than in its source. esbuild writes `class _X` for a class that
 * names itself, and users see the name in stack traces.
 *
 * @param {string} folder of the package
 */
export function renamedClasses(folder) {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/\bclass (_\w+)/g)].map(([, name]) => `${file}: ${name}`),
    )
}
