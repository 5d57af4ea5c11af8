import { createRequire } from 'node:module'
import type { Addon } from './net.ts'

let loaded: Addon | undefined

/**
 * Loads the addon. Returns the same one from the second time on.
 *
 * @throws Error if there is no binary for this platform, or it cannot be loaded; it says what was tried
 */
export function loadAddon(): Addon {
  return (loaded ??= createRequire(import.meta.url)('../aster-iroh-native.node') as Addon)
}
