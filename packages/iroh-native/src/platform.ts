import { closeSync, openSync, readSync } from 'node:fs'

/** The platform on which the addon runs. */
export interface Platform {
  readonly os: string
  readonly arch: string
  /** `undefined` if the system is not Linux. */
  readonly libc: 'glibc' | 'musl' | undefined
}

/** The platforms with a binary, as napi-rs names them, by system and processor; on Linux those for glibc and for musl. */
const TRIPLES: Readonly<Record<string, readonly [name: string, musl?: string]>> = {
  'darwin arm64': ['darwin-arm64'],
  'darwin x64': ['darwin-x64'],
  'linux arm64': ['linux-arm64-gnu', 'linux-arm64-musl'],
  'linux x64': ['linux-x64-gnu', 'linux-x64-musl'],
  'win32 x64': ['win32-x64-msvc'],
}

/** Returns the name of the binary for a platform, such as `linux-x64-gnu`, or `undefined` if the platform has no binary. */
export function tripleFor({ os, arch, libc }: Platform): string | undefined {
  const names = Object.hasOwn(TRIPLES, `${os} ${arch}`) ? TRIPLES[`${os} ${arch}`] : undefined
  return libc === 'musl' ? names?.[1] : names?.[0]
}

/** Returns the platforms with a binary, for a message. */
export function knownPlatforms(): string {
  return Object.keys(TRIPLES).join(', ')
}

/** Returns the platform with its C library and the version of Node, for a message. */
export function describePlatform({ os, arch, libc }: Platform): string {
  const library = libc === 'glibc' ? ` (glibc ${glibcVersion()})` : libc === 'musl' ? ' (musl)' : ''
  return `${os} ${arch}${library}, Node ${process.version}`
}

export function thisPlatform(): Platform {
  return {
    os: process.platform,
    arch: process.arch,
    libc: process.platform === 'linux' ? libcOf(process.execPath) : undefined,
  }
}

/**
 * Returns the C library of this system. The report of the process has it as well, but takes tens of milliseconds.
 *
 * @param program an executable of Linux; its first kilobytes name the dynamic linker
 */
export function libcOf(program: string): Platform['libc'] {
  const head = Buffer.alloc(4096)
  let file: number | undefined
  try {
    file = openSync(program, 'r')
    readSync(file, head, 0, head.length, 0)
  } catch {
    return 'glibc'
  } finally {
    if (file !== undefined) closeSync(file)
  }
  return head.includes('/ld-musl-') ? 'musl' : 'glibc'
}

/** Returns the version of glibc. Called only if the binary cannot be loaded. */
function glibcVersion(): string {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime ?? 'of an unknown version'
}
