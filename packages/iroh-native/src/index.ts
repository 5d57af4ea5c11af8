/**
 * An addon that runs iroh behind two rings. `@aster/transport-iroh` uses it where it is installed; it is of no use without that.
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
