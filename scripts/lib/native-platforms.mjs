// The packages of the binaries of @aster/iroh-native, one for each platform, by napi-rs' convention.

export const NATIVE = 'packages/iroh-native'

/** The name of the binary without its platform. */
const BINARY = 'aster-iroh-native'

/** The lowest glibc that the binaries of a release may need. */
export const GLIBC_FLOOR = '2.28'

/** @type {Readonly<Record<string, { target: string, os: string, cpu: string, libc?: string, title: string }>>} */
export const PLATFORMS = {
  'darwin-arm64': { target: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64', title: 'macOS on Apple silicon' },
  'darwin-x64': { target: 'x86_64-apple-darwin', os: 'darwin', cpu: 'x64', title: 'macOS on Intel processors' },
  'linux-arm64-gnu': {
    target: 'aarch64-unknown-linux-gnu',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    title: `Linux on 64-bit ARM with glibc ${GLIBC_FLOOR} or later`,
  },
  'linux-arm64-musl': {
    target: 'aarch64-unknown-linux-musl',
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    title: 'Linux on 64-bit ARM with musl',
  },
  'linux-x64-gnu': {
    target: 'x86_64-unknown-linux-gnu',
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    title: `Linux on x86-64 with glibc ${GLIBC_FLOOR} or later`,
  },
  'linux-x64-musl': {
    target: 'x86_64-unknown-linux-musl',
    os: 'linux',
    cpu: 'x64',
    libc: 'musl',
    title: 'Linux on x86-64 with musl',
  },
  'win32-x64-msvc': { target: 'x86_64-pc-windows-msvc', os: 'win32', cpu: 'x64', title: 'Windows on x86-64' },
}

export const packageNameOf = (platform) => `@aster/iroh-native-${platform}`
export const binaryOf = (platform) => `${BINARY}.${platform}.node`

/** Returns the optional dependencies of the packed @aster/iroh-native. */
export function platformDependencies(version) {
  return Object.fromEntries(Object.keys(PLATFORMS).map((platform) => [packageNameOf(platform), version]))
}

/**
 * Returns the files that follow from the version of @aster/iroh-native: `package.json` and `README.md` of each platform, and
 * the constant that the loader compares.
 *
 * @param {{ version: string, license: string, engines: object }} manifest of @aster/iroh-native
 * @returns {Map<string, string>} path → text
 */
export function nativeFiles({ version, license, engines }) {
  const files = new Map()
  for (const [platform, { os, cpu, libc, title }] of Object.entries(PLATFORMS)) {
    const binary = binaryOf(platform)
    const manifest = {
      name: packageNameOf(platform),
      version,
      description: `The binary of @aster/iroh-native for ${title}.`,
      license,
      files: [binary],
      main: binary,
      publishConfig: { access: 'public' },
      engines,
      os: [os],
      cpu: [cpu],
      ...(libc && { libc: [libc] }),
    }
    const folder = `${NATIVE}/npm/${platform}`
    files.set(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`)
    files.set(
      `${folder}/README.md`,
      `# ${packageNameOf(platform)}\n\nThe binary of \`@aster/iroh-native\` for ${title}. It is an optional dependency of \`@aster/iroh-native\`, so package managers install it together with that package on this platform alone. It has no use of its own.\n`,
    )
  }
  files.set(
    `${NATIVE}/src/version.ts`,
    `/** The version of this package, and of the binary that it accepts. Written by scripts/check-native.mjs. */\nexport const VERSION = '${version}'\n`,
  )
  return files
}
