import { describe, it } from 'vitest'
import type { BindingName } from '../src/binding.ts'
import { IrohTransport } from '../src/iroh-transport.ts'
import type { IrohTransportOptions } from '../src/options.ts'
import { ringBinding } from '../src/rings/binding.ts'

const VARIABLE = 'ASTER_IROH_BINDING'
const BINDINGS: readonly BindingName[] = ['number0', 'native']

/** Binds over one of the bindings, regardless of the environment. */
export async function bindOver(name: BindingName, options: IrohTransportOptions): Promise<IrohTransport> {
  const before = process.env[VARIABLE]
  process.env[VARIABLE] = name
  // `bind` reads the variable before its first await.
  const bound = IrohTransport.bind(options)
  if (before === undefined) delete process.env[VARIABLE]
  else process.env[VARIABLE] = before
  return bound
}

/** The reason why the addon cannot be loaded here, or `undefined` if it can be loaded. */
const missing = await ringBinding().then(
  () => undefined,
  (error: unknown) => String(error),
)

/**
 * Declares cases for each binding. If the addon cannot be loaded, its cases are skipped with the reason in the title; with
 * ASTER_REQUIRE_NATIVE=1 they fail instead.
 */
export function describeBindings(title: string, declare: (name: BindingName) => void): void {
  for (const name of BINDINGS) {
    describe(titleOf(title, name), () => {
      if (!isMissing(name)) declare(name)
    })
  }
}

/** Declares cases for each pair of bindings: the first dials the second. */
export function describePairs(title: string, declare: (consumer: BindingName, producer: BindingName) => void): void {
  for (const consumer of BINDINGS) {
    for (const producer of BINDINGS) {
      const name = `${consumer} to ${producer}`
      describe(titleOf(title, name), () => {
        if (!isMissing(name)) declare(consumer, producer)
      })
    }
  }
}

function titleOf(title: string, name: string): string {
  return `${title} over ${name}`
}

/** Returns whether the addon is needed and cannot be loaded, and declares a case that says so. */
function isMissing(name: string): boolean {
  if (missing === undefined || !name.includes('native')) return false
  if (process.env['ASTER_REQUIRE_NATIVE'] !== '1') it.skip(`skipped: ${missing}`, () => {})
  else
    it('loads the addon', () => {
      throw new Error(missing)
    })
  return true
}
