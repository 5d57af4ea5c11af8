type Run = <R>(run: () => R) => R

/** What Node has of this; a platform without it has no stores to mix up. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): Run }
}
interface WithModules {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown }
}

const sameContext: Run = (run) => run()

const hooks = (globalThis as WithModules).process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined

/**
 * Captures the async context of the caller: the stores of its `AsyncLocalStorage`s. Returns a function that runs another one
 * in that context.
 */
export function captureContext(): Run {
  return hooks?.AsyncLocalStorage.snapshot?.() ?? sameContext
}

/**
 * Runs a function in the async context in which this module was loaded, which is that of no call. For work that outlives its
 * caller, such as the loops of a connection: a store that it saw would live as long as the connection.
 */
export const runNeutral: Run = captureContext()
