// Tests against the Python package; `pnpm interop` makes the environment and runs them.
import { defineConfig } from 'vitest/config'
import { base, maxWorkers, reporters } from './vitest.config.ts'

const isNative = process.env['ASTER_IROH_BINDING'] === 'native'

export default defineConfig({
  ...base,
  test: {
    reporters: reporters(isNative ? 'interop-native' : 'interop'),
    maxWorkers,
    projects: [
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['packages/*/interop/**/*.interop.ts'],
          // The bytes of the codec are the same over every binding.
          exclude: ['**/node_modules/**', '**/dist/**', ...(isNative ? ['packages/codec-fory/interop/**'] : [])],
          // A Python producer alone takes seconds to start.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
        },
      },
    ],
  },
})
