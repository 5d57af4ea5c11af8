// The tests of what stands on iroh, over the addon of @aster/iroh-native, which has to be there; `pnpm test:native` runs them.
import { defineConfig } from 'vitest/config'
import { base, maxWorkers, reporters, unit } from './vitest.config.ts'

export default defineConfig({
  ...base,
  test: {
    ...unit,
    name: 'native',
    reporters: reporters('native'),
    maxWorkers,
    // Processes that tests start have them too.
    env: { ASTER_IROH_BINDING: 'native', ASTER_REQUIRE_NATIVE: '1' },
    include: ['packages/{iroh-native,transport-iroh,client,server}/{src,test}/**/*.test.ts'],
  },
})
