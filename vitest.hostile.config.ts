// Peers that mean harm, over real iroh, against the built packages; `pnpm hostile` runs them.
import { defineConfig } from 'vitest/config'
import { base, reporters } from './vitest.config.ts'

export default defineConfig({
  ...base,
  test: {
    reporters: reporters('hostile'),
    include: ['packages/*/hostile/**/*.hostile.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Each measures memory and stalls of its own processes: one after another, in one worker.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
