/** Explains why the addon cannot be loaded, and how to mend it. */
import { AsterError } from '@aster/rpc-core'
import { errorMessage } from '@aster/rpc-core/schema'

/** The platform on which the addon runs. */
export interface Platform {
  readonly os: string
  readonly arch: string
  /** The version of glibc, or `undefined` if the system is not Linux, or is Linux with musl. */
  readonly glibc: string | undefined
}

/** The packages of @number0/iroh 1.1.0 with a binary each, by system and processor; on Linux those for glibc and for musl. */
const BINARIES: Readonly<Record<string, readonly [name: string, musl?: string]>> = {
  'android arm': ['android-arm-eabi'],
  'android arm64': ['android-arm64'],
  'darwin arm64': ['darwin-arm64'],
  'linux arm': ['linux-arm-gnueabihf', 'linux-arm-musleabihf'],
  'linux arm64': ['linux-arm64-gnu', 'linux-arm64-musl'],
  'linux x64': ['linux-x64-gnu', 'linux-x64-musl'],
  'win32 arm64': ['win32-arm64-msvc'],
  'win32 x64': ['win32-x64-msvc'],
}

/** Returns the error for a failed load of @number0/iroh, with `error` as its cause. */
export function addonMissingError(error: unknown, platform: Platform = thisPlatform()): AsterError {
  const { os, arch, glibc } = platform
  const libc = os === 'linux' ? ` (${glibc === undefined ? 'musl' : `glibc ${glibc}`})` : ''
  const where = `${os} ${arch}${libc}, Node ${process.version}`
  return new AsterError(`@number0/iroh cannot be loaded on ${where}: ${reasonFor(error, platform)}`, { cause: error })
}

function reasonFor(error: unknown, { os, arch, glibc }: Platform): string {
  const lines = messagesOf(error)
  const binaries = Object.hasOwn(BINARIES, `${os} ${arch}`) ? BINARIES[`${os} ${arch}`] : undefined
  if (binaries === undefined) return `it has no binary for this platform, only for ${Object.keys(BINARIES).join(', ')}`
  const suffix = os === 'linux' && glibc === undefined ? binaries[1] : binaries[0]
  const name = `@number0/iroh-${suffix ?? binaries[0]}`

  const needs = lines.map((line) => /GLIBC_[\d.]+/.exec(line)?.[0]).find((found) => found !== undefined)
  if (needs !== undefined) return `its binary needs ${needs}: take a system with glibc 2.34 or later, or with musl`
  // This cause is a file that was found and refused: a truncated file, or one for another processor, system or C library.
  const refused = lines.slice(1).find((line) => !line.startsWith('Cannot find '))
  if (refused !== undefined) {
    return `its binary is broken or of another platform (${refused}): install the packages on the platform that runs them, for ${name}`
  }
  if (lines.some((line) => /Cannot find (package|module) '@number0\/iroh'/.test(line))) {
    return `the package is not there: a bundle has to leave @number0/iroh external, and it is deployed in node_modules with ${name}`
  }
  if (lines.some((line) => line.startsWith('Cannot find native binding') || line.includes(`'${name}'`))) {
    return `its binary ${name}, an optional dependency, is missing: install on this platform and without --omit=optional, and leave @number0/iroh external to a bundle`
  }
  return `${lines[0] ?? ''}; a bundle has to leave @number0/iroh external, and its binary is ${name}`
}

/** Returns the first line of an error and of each of its causes. */
function messagesOf(error: unknown): string[] {
  const lines: string[] = []
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < 20; depth++) {
    lines.push(errorMessage(at).split('\n', 1)[0] ?? '')
    at = typeof at === 'object' && 'cause' in at ? at.cause : undefined
  }
  return lines
}

function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch, glibc: glibcVersion() }
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime
}
