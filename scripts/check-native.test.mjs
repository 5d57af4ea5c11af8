import { describe, expect, it } from 'vitest'
import { checkNative } from './check-native.mjs'
import { NATIVE, nativeFiles, PLATFORMS, platformDependencies } from './lib/native-platforms.mjs'

const WORKFLOW = '.github/workflows/release-native.yml'
const manifest = { name: '@aster/iroh-native', version: '1.2.3', license: 'MIT', engines: { node: '>=20' } }
const job = ([platform, { target }]) => `          - platform: ${platform}\n            target: ${target}\n`
const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index'
const OTHER = `[[package]]\nname = "a"\nversion = "9.0.0"\nsource = "${CRATES_IO}"\nchecksum = "${'0'.repeat(64)}"\n\n`
const crate = (head) => `${head}\nname = "aster-iroh-native"\nversion = "1.2.3"\nother = "1"\n`

/** A checkout in which all versions are in step; `changes` adds to it or replaces in it. */
function check(changes = {}) {
  const files = new Map([
    [`${NATIVE}/package.json`, JSON.stringify(manifest)],
    [`${NATIVE}/crate/Cargo.toml`, crate('[package]')],
    [`${NATIVE}/crate/Cargo.lock`, OTHER + crate('[[package]]')],
    [WORKFLOW, Object.entries(PLATFORMS).map(job).join('')],
    ...nativeFiles(manifest),
    ...Object.entries(changes),
  ])
  return checkNative(files)
}

describe('checkNative', () => {
  it('passes when all are of one version', () => {
    expect(check().problems).toEqual([])
    expect(check().renewed.size).toBe(0)
  })

  it('renews all that follows from the version of the package', () => {
    const { problems, renewed } = check({
      [`${NATIVE}/package.json`]: JSON.stringify({ ...manifest, version: '1.3.0' }),
    })
    const platforms = Object.keys(PLATFORMS).map((platform) => `${NATIVE}/npm/${platform}/package.json`)
    const expected = [
      ...platforms,
      `${NATIVE}/src/version.ts`,
      `${NATIVE}/crate/Cargo.toml`,
      `${NATIVE}/crate/Cargo.lock`,
    ]
    expect([...renewed.keys()]).toEqual(expected)
    expect(problems).toHaveLength(expected.length)
    expect(renewed.get(`${NATIVE}/crate/Cargo.lock`)).toBe(
      `${OTHER}[[package]]\nname = "aster-iroh-native"\nversion = "1.3.0"\nother = "1"\n`,
    )
    expect(
      check({
        [`${NATIVE}/package.json`]: JSON.stringify({ ...manifest, version: '1.3.0' }),
        ...Object.fromEntries(renewed),
      }).problems,
    ).toEqual([])
  })

  it('finds a package of a platform that is missing, changed, or of none', () => {
    expect(check({ [`${NATIVE}/npm/darwin-x64/package.json`]: undefined }).problems).toHaveLength(1)
    expect(check({ [`${NATIVE}/npm/darwin-x64/README.md`]: '# Other\n' }).problems).toHaveLength(1)
    expect(check({ [`${NATIVE}/npm/aix-ppc64/package.json`]: '{}' }).problems).toEqual([
      `${NATIVE}/npm/aix-ppc64/package.json belongs to no platform`,
    ])
  })

  it('finds a crate without its version', () => {
    expect(check({ [`${NATIVE}/crate/Cargo.lock`]: '' }).problems[0]).toContain('has the version undefined, not 1.2.3')
  })

  it('finds a crate that is from elsewhere, or that the document does not have', () => {
    const lock = `${NATIVE}/crate/Cargo.lock`
    expect(check({ [lock]: OTHER.replace('crates.io-index', 'other') + crate('[[package]]') }).problems).toEqual([
      `${lock}: a is not from crates.io, or has no hash`,
    ])
    expect(check({ [lock]: OTHER.replace(/checksum.*/, '') + crate('[[package]]') }).problems).toHaveLength(1)
    const manifest = `${crate('[package]')}\n[dependencies]\nbytes = "1"\n\n[build-dependencies]\nnapi-build = "2"\n`
    const list = '## Crates of the addon\n| `bytes` | MIT | x |\n| `left` | MIT | x |\n'
    expect(check({ [`${NATIVE}/crate/Cargo.toml`]: manifest, 'docs/dependencies.md': list }).problems).toEqual([
      'docs/dependencies.md does not list the crate napi-build',
      'docs/dependencies.md lists left, which the crate does not name',
    ])
  })

  it('finds a platform that the release does not build, and an action that can be moved', () => {
    const [first, ...rest] = Object.entries(PLATFORMS)
    expect(check({ [WORKFLOW]: rest.map(job).join('') }).problems).toEqual([
      `${WORKFLOW} does not build ${first[0]} for ${first[1].target}`,
    ])
    const jobs = Object.entries(PLATFORMS).map(job).join('')
    const pinned = 'uses: a/b@0123456789abcdef0123456789abcdef01234567 # v1\n'
    expect(check({ [WORKFLOW]: `${jobs}${pinned}` }).problems).toEqual([])
    expect(check({ [WORKFLOW]: `${jobs}uses: a/b@v4\n` }).problems).toEqual([
      `${WORKFLOW} takes a/b@v4 by a name that can be moved`,
    ])
  })
})

describe('platformDependencies', () => {
  it('has a package for each platform, in exactly the version', () => {
    expect(Object.keys(platformDependencies('1.2.3'))).toHaveLength(Object.keys(PLATFORMS).length)
    expect(platformDependencies('1.2.3')).toMatchObject({ '@aster/iroh-native-linux-x64-gnu': '1.2.3' })
  })
})
