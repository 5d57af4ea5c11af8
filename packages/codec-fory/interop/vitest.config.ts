import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

/** Until `pnpm interop` runs these: `npx vitest run --config packages/codec-fory/interop/vitest.config.ts`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@aster/source', ...defaultServerConditions] } },
  test: { include: ['packages/codec-fory/interop/*.interop.ts'] },
})
