type Run = <R>(run: () => R) => R

/** The part of Node's API that is used here. A platform without it has no stores that could be mixed up. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): Run }
  readonly AsyncResource: new (type: string) => { runInAsyncScope<R>(run: () => R): R }
}
interface WithModules {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown }
}

const sameContext: Run = (run) => run()

const hooks = (globalThis as WithModules).process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined

/**
 * Captures the async context of the caller: the stores of its `AsyncLocalStorage`s. Returns a function that runs another
 * function in that context. If that function enters a store with `enterWith`, the store is left when the function returns.
 */
export function captureContext(): <R>(run: () => R) => R {
  const enter = hooks?.AsyncLocalStorage.snapshot?.()
  if (hooks === undefined || enter === undefined) return sameContext
  const { AsyncResource } = hooks
  // On Node 20 and 22 `enterWith` changes the running resource. Without a resource of its own, that would be the captured
  // context.
  return (run) => enter(() => new AsyncResource('ASTER_CONTEXT').runInAsyncScope(run))
}

/**
 * Runs a function in the async context in which this module was loaded, which belongs to no call. For work that outlives
 * its caller, such as the loops of a connection: a store in the context of a loop would live as long as the connection.
 */
export const runNeutral: <R>(run: () => R) => R = captureContext()

const neutral = hooks === undefined ? undefined : new hooks.AsyncResource('ASTER_NEUTRAL')

/**
 * Does as `runNeutral` does, at a fraction of the cost, for a function that only starts a timer or the like. If the
 * function enters a store, the store is not left.
 */
export const startNeutral: <R>(start: () => R) => R =
  neutral === undefined ? sameContext : (start) => neutral.runInAsyncScope(start)
