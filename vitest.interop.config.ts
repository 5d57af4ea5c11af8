// Tests against the Python package; `pnpm interop` makes the environment and runs them.
import { defineConfig } from 'vitest/config'
import { base, maxWorkers, reporters } from './vitest.config.ts'

export default defineConfig({
  ...base,
  test: {
    reporters: reporters(process.env['ASTER_IROH_BINDING'] === 'native' ? 'interop-native' : 'interop'),
    maxWorkers,
    projects: [
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['packages/*/interop/**/*.interop.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          // A Python producer alone takes seconds to start.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
        },
      },
    ],
  },
})
