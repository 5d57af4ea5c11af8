// Bundles often begin with an import of `createRequire` under its own name.
import { createRequire as requireFrom } from 'node:module'
import type { Addon } from './net.ts'
import { describePlatform, knownPlatforms, type Platform, thisPlatform, tripleFor } from './platform.ts'
import { VERSION } from './version.ts'

/** The platform and the `require` that the loader uses. */
export interface Surroundings {
  readonly platform: Platform
  /** Returns the exports of a file or a package. */
  readonly load: (specifier: string) => unknown
}

/** A binary that was refused, and why. */
interface Refusal {
  readonly specifier: string
  /** `undefined` if there is no such file or package. */
  readonly reason: string | undefined
  readonly advice: string
}

let loaded: Addon | undefined

/**
 * Loads the addon: the binary that `pnpm native:build` has put into the folder of this package, or else that of the package
 * for the platform, such as `@aster/iroh-native-linux-x64-gnu`. Later calls return the same addon.
 *
 * @throws Error if there is no binary for this platform, if it cannot be loaded, or if its version is not that of this
 *   package. The message names the files that were tried, and what to do
 */
export function loadAddon(): Addon {
  return (loaded ??= loadFrom({ platform: thisPlatform(), load: requireFrom(import.meta.url) }))
}

export function loadFrom({ platform, load }: Surroundings): Addon {
  const triple = tripleFor(platform)
  if (triple === undefined) {
    throw new Error(
      `on ${describePlatform(platform)}: there is no binary for this platform, only for ${knownPlatforms()}`,
    )
  }
  const name = `@aster/iroh-native-${triple}`
  const refusals: Refusal[] = []
  const causes: unknown[] = []
  for (const specifier of [`../aster-iroh-native.${triple}.node`, name]) {
    try {
      const exported = load(specifier)
      const refusal = refuseExports(specifier, exported, name)
      if (refusal === undefined) return exported as Addon
      refusals.push(refusal)
    } catch (error) {
      causes.push(error)
      refusals.push(refuseError(specifier, error, name))
    }
  }
  const cause = causes.length > 1 ? new AggregateError(causes, 'no binary can be loaded') : causes[0]
  throw new Error(`on ${describePlatform(platform)}: ${textOf(refusals, name)}`, { cause })
}

function textOf(refusals: readonly Refusal[], name: string): string {
  const found = refusals.filter(({ reason }) => reason !== undefined)
  const tried = refusals.map(({ specifier }) => specifier).join(' nor ')
  if (found.length === 0) {
    return `neither ${tried} is there: install on this platform and without --omit=optional, leave @aster/iroh-native and ${name} external to a bundle, or build the addon in a checkout with pnpm native:build`
  }
  return found.map(({ specifier, reason, advice }) => `${specifier} ${reason}: ${advice}`).join('; ')
}

function refuseExports(specifier: string, exported: unknown, name: string): Refusal | undefined {
  const { VERSION: found, Net } = (exported ?? {}) as Partial<Addon>
  const advice = adviceFor(specifier, `install ${name} in version ${VERSION}`)
  if (found !== VERSION) {
    const version = typeof found === 'string' ? `version ${found}` : 'an unknown version'
    return { specifier, reason: `is of ${version}, but @aster/iroh-native of version ${VERSION}`, advice }
  }
  return typeof Net === 'function' ? undefined : { specifier, reason: 'lacks the class Net', advice }
}

function refuseError(specifier: string, error: unknown, name: string): Refusal {
  const message = isObject(error) && typeof error['message'] === 'string' ? error['message'] : String(error)
  const [line = ''] = message.split('\n', 1)
  const missing = isObject(error) && error['code'] === 'MODULE_NOT_FOUND' && line.includes(specifier)
  if (missing) return { specifier, reason: undefined, advice: '' }
  const [needs] = /GLIBC_[\d.]+/.exec(message) ?? []
  if (needs !== undefined) {
    const advice = `take a system with that glibc or a later one, or with musl`
    return { specifier, reason: `needs ${needs}`, advice: adviceFor(specifier, advice) }
  }
  const advice = `install ${name} on the platform that runs it`
  return { specifier, reason: `is broken or of another platform (${line})`, advice: adviceFor(specifier, advice) }
}

/** Returns the advice for a refused binary. A binary in the folder of this package was built there, so it has to be built again. */
function adviceFor(specifier: string, otherwise: string): string {
  return specifier.startsWith('.') ? 'build it anew with pnpm native:build, or delete it' : otherwise
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
