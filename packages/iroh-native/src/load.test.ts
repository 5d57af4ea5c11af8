import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadAddon, loadFrom } from './load.ts'
import { libcOf, type Platform, thisPlatform, tripleFor } from './platform.ts'
import { VERSION } from './version.ts'

const GNU: Platform = { os: 'linux', arch: 'x64', libc: 'glibc' }
const FILE = '../aster-iroh-native.linux-x64-gnu.node'
const PACKAGE = '@aster/iroh-native-linux-x64-gnu'

const addon = { VERSION, Net: class {} }
const missing = (name: string): Error =>
  Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- /app/index.js`), {
    code: 'MODULE_NOT_FOUND',
  })

/** Loads from files and packages, each of which exports a value or throws an error. */
function load(found: Record<string, unknown>, platform = GNU): { addon: unknown; tried: string[] } {
  const tried: string[] = []
  const loadFile = (specifier: string): unknown => {
    tried.push(specifier)
    if (!(specifier in found)) throw missing(specifier)
    if (found[specifier] instanceof Error) throw found[specifier]
    return found[specifier]
  }
  return { addon: loadFrom({ platform, load: loadFile }), tried }
}

describe('the binary in use', () => {
  it('is the one that was built here, rather than the package of the platform', () => {
    expect(load({ [FILE]: addon, [PACKAGE]: { ...addon } })).toEqual({ addon, tried: [FILE] })
    expect(load({ [FILE]: addon, [PACKAGE]: { ...addon } }).addon).toBe(addon)
  })

  it('is the package of the platform if no binary was built here', () => {
    expect(load({ [PACKAGE]: addon })).toEqual({ addon, tried: [FILE, PACKAGE] })
  })

  it.each([
    ['broken', new Error('/app/x.node: file too short')],
    ['of another version', { ...addon, VERSION: '0.0.1' }],
  ])('is the package of the platform if the one that was built here is %s', (_, local) => {
    expect(load({ [FILE]: local, [PACKAGE]: addon }).addon).toBe(addon)
  })

  it.each([
    [GNU, 'linux-x64-gnu'],
    [{ ...GNU, libc: 'musl' }, 'linux-x64-musl'],
    [{ ...GNU, arch: 'arm64' }, 'linux-arm64-gnu'],
    [{ os: 'linux', arch: 'arm64', libc: 'musl' }, 'linux-arm64-musl'],
    [{ os: 'darwin', arch: 'arm64', libc: undefined }, 'darwin-arm64'],
    [{ os: 'darwin', arch: 'x64', libc: undefined }, 'darwin-x64'],
    [{ os: 'win32', arch: 'x64', libc: undefined }, 'win32-x64-msvc'],
  ] as [Platform, string][])('has the name of the platform: %j', (platform, triple) => {
    const tried = [`../aster-iroh-native.${triple}.node`, `@aster/iroh-native-${triple}`]
    expect(load({ [`@aster/iroh-native-${triple}`]: addon }, platform).tried).toEqual(tried)
  })
})

describe('the version', () => {
  const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  const built = existsSync(new URL(`../aster-iroh-native.${tripleFor(thisPlatform())}.node`, import.meta.url))

  it('of the loader and of the crate is that of the package', () => {
    expect(VERSION).toBe(JSON.parse(text('../package.json')).version)
    expect(text('../crate/Cargo.toml')).toContain(`\nversion = "${VERSION}"\n`)
  })

  it.runIf(built || process.env['ASTER_REQUIRE_NATIVE'] === '1')('of the binary is that of the package', () => {
    expect(loadAddon().VERSION).toBe(VERSION)
    expect(loadAddon()).toBe(loadAddon())
  })
})

describe('a failed load', () => {
  it.each([
    [
      'no package is installed',
      {},
      / \(glibc [\w. ]+\), Node v[\d.]+: neither .*\.node nor @aster.*-gnu is there: install .* pnpm native:build$/,
    ],
    [
      'the file of the package is broken',
      { [PACKAGE]: new Error('/app/x.node: invalid ELF header') },
      /-gnu is broken or of another platform \(\/app\/x\.node: invalid ELF header\): install @aster\/iroh-native-linux-x64-gnu on the platform/,
    ],
    [
      'the file that was built here is broken',
      { [FILE]: new Error('/app/x.node: file too short') },
      /^on linux x64 .*: \.\.\/aster-iroh-native\.linux-x64-gnu\.node is broken .*file too short\): build it anew with pnpm native:build, or delete it$/,
    ],
    [
      'glibc is too old',
      { [PACKAGE]: new Error("libc.so.6: version `GLIBC_2.28' not found (required by /app/x.node)") },
      /needs GLIBC_2\.28: take a system with that glibc or a later one, or with musl/,
    ],
    [
      'the package is of another version',
      { [PACKAGE]: { ...addon, VERSION: '0.0.1' } },
      new RegExp(
        `-gnu is of version 0\\.0\\.1, but @aster/iroh-native of version ${VERSION}: install @aster/iroh-native-linux-x64-gnu in version ${VERSION}`,
      ),
    ],
    ['the file is another addon', { [PACKAGE]: {} }, /is of an unknown version, but @aster\/iroh-native of/],
    ['the file exports nothing', { [FILE]: undefined }, /is of an unknown version/],
    ['the addon lacks its class', { [PACKAGE]: { VERSION } }, /lacks the class Net/],
    [
      'a library that the file needs is missing',
      { [PACKAGE]: missing('./other.js') },
      /is broken or of another platform \(Cannot find module '\.\/other\.js'\)/,
    ],
    [
      'both are refused',
      { [FILE]: { ...addon, VERSION: '9.0.0' }, [PACKAGE]: new Error('invalid ELF header') },
      /version 9\.0\.0.*; @aster\/iroh-native-linux-x64-gnu is broken/,
    ],
    ['something else is thrown', { [PACKAGE]: Object.assign(new Error('odd'), { code: 'ERR_ODD' }) }, /\(odd\)/],
  ])('throws an error with the reason: %s', (_, found, message) => {
    expect(() => load(found)).toThrow(message)
  })

  it('throws an error with the errors of the attempts as its cause', () => {
    const broken = new Error('invalid ELF header')
    expect(() => load({ [FILE]: { VERSION: '9' }, [PACKAGE]: broken })).toThrow(
      expect.objectContaining({ cause: broken }),
    )
    expect(() => load({ [FILE]: broken, [PACKAGE]: broken })).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ errors: [broken, broken] }) }),
    )
  })

  it.each([
    { os: 'android', arch: 'arm64', libc: undefined },
    { os: 'win32', arch: 'arm64', libc: undefined },
    { os: 'linux', arch: 'toString', libc: 'glibc' },
  ] as Platform[])('throws an error that lists the platforms with a binary: %j', (platform) => {
    expect(() => load({}, platform)).toThrow(
      /there is no binary for this platform, only for darwin arm64, darwin x64, linux arm64, linux x64, win32 x64$/,
    )
  })
})

describe('the platform', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aster-platform-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is that of the process', () => {
    const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
    const libc = process.platform === 'linux' ? (glibcVersionRuntime === undefined ? 'musl' : 'glibc') : undefined
    expect(thisPlatform()).toEqual({ os: process.platform, arch: process.arch, libc })
  })

  it.each([
    ['/lib/ld-musl-x86_64.so.1', 'musl'],
    ['/lib64/ld-linux-x86-64.so.2', 'glibc'],
  ])('has the C library of the linker %s', (linker, libc) => {
    writeFileSync(join(folder, 'node'), `\x7fELF${'\0'.repeat(800)}${linker}\0`)
    expect(libcOf(join(folder, 'node'))).toBe(libc)
  })

  it('has glibc if the program cannot be read', () => {
    expect(libcOf(join(folder, 'none'))).toBe('glibc')
  })

  it('names a package that is described in npm/', () => {
    const triple = tripleFor(thisPlatform())
    if (triple === undefined) return
    const manifest = JSON.parse(readFileSync(new URL(`../npm/${triple}/package.json`, import.meta.url), 'utf8'))
    expect(manifest).toMatchObject({ name: `@aster/iroh-native-${triple}`, version: VERSION })
  })
})
