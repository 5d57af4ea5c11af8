/**
 * The addon that runs iroh for `@aster/transport-iroh`, behind two rings: operations are enqueued, and their results are
 * drained in batches. `@aster/transport-iroh` uses it if it is installed; programs do not use it directly.
 *
 * @packageDocumentation
 */
export { loadAddon } from './load.ts'
export type {
  Addon,
  NativeBindOptions,
  NativeEndpointInfo,
  NativeFailure,
  NativePath,
  NativeSilence,
  NativeStats,
  Net,
} from './net.ts'
