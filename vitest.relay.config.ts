// Tests through a relay; `pnpm relay` builds it, makes the network and runs them.
import { defineConfig } from 'vitest/config'
import { base, reporters } from './vitest.config.ts'

export default defineConfig({
  ...base,
  test: {
    reporters: reporters('relay'),
    include: ['packages/*/relay/**/*.relay.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // One network for all of them.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
