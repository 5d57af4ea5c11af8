import { AsterError } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { addonMissingError } from './addon-missing.ts'

const LINUX = { os: 'linux', arch: 'x64', glibc: '2.36' }

/** Returns an error like those of the loader of @number0/iroh: a line about npm, then one cause after the other. */
function notBound(...causes: string[]): Error {
  const cause = causes.reduceRight<Error | undefined>((inner, text) => new Error(text, { cause: inner }), undefined)
  return new Error('Cannot find native binding. npm has a bug related to optional dependencies', { cause })
}

const missing = (name: string): string => `Cannot find module '${name}'\nRequire stack:\n- /app/index.js`

describe('an addon that cannot be loaded', () => {
  it.each([
    [
      'the package is not deployed',
      new Error("Cannot find package '@number0/iroh' imported from /app/bundle.mjs"),
      LINUX,
      /^@number0\/iroh cannot be loaded on linux x64 \(glibc 2\.36\), Node v[\d.]+: the package is not there: .* external, .* with @number0\/iroh-linux-x64-gnu$/,
    ],
    [
      'the binary is not installed',
      notBound(missing('@number0/iroh-linux-x64-gnu'), missing('./iroh.linux-x64-gnu.node')),
      LINUX,
      /its binary @number0\/iroh-linux-x64-gnu, an optional dependency, is missing: .* without --omit=optional/,
    ],
    [
      'the binary of musl is not installed',
      notBound(missing('@number0/iroh-linux-arm64-musl')),
      { os: 'linux', arch: 'arm64', glibc: undefined },
      /on linux arm64 \(musl\).* @number0\/iroh-linux-arm64-musl, an optional/,
    ],
    [
      'glibc is too old',
      notBound(
        "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /app/iroh.linux-x64-gnu.node)",
      ),
      { ...LINUX, glibc: '2.31' },
      /\(glibc 2\.31\).*: its binary needs GLIBC_2\.34: take a system with glibc 2\.34 or later/,
    ],
    [
      'the binary was copied from another platform',
      notBound(missing('./iroh.linux-x64-gnu.node'), '/app/iroh.linux-x64-gnu.node: invalid ELF header'),
      LINUX,
      /its binary is broken or of another platform \(.*invalid ELF header\): install .* for @number0\/iroh-linux-x64-gnu/,
    ],
    [
      'the binary is of another C library',
      notBound(
        missing('./iroh.node'),
        'libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory',
      ),
      LINUX,
      /another platform \(libc\.musl-x86_64/,
    ],
    [
      'there is no binary for the platform',
      notBound(missing('@number0/iroh-darwin-x64')),
      { os: 'darwin', arch: 'x64', glibc: undefined },
      /on darwin x64, Node .*: it has no binary for this platform, only for .*darwin arm64, .*linux x64/,
    ],
    [
      'the package was bundled',
      new Error('Dynamic require of "fs" is not supported'),
      { os: 'win32', arch: 'x64', glibc: undefined },
      /Dynamic require of "fs" is not supported; a bundle has to leave @number0\/iroh external.*win32-x64-msvc/,
    ],
  ])('advises what to do if %s', (_, cause, platform, text) => {
    const error = addonMissingError(cause, platform)
    expect(error).toBeInstanceOf(AsterError)
    expect(error.message).toMatch(text)
    expect(error.cause).toBe(cause)
  })

  it('names the platform of this process, and accepts any thrown value', () => {
    for (const thrown of [undefined, null, 'text', { cause: 5 }, new Error('')]) {
      expect(addonMissingError(thrown).message).toContain(`on ${process.platform} ${process.arch}`)
    }
  })
})
