import { transform } from 'esbuild'
import { defaultServerConditions, type Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** vite's own transform leaves standard decorators in; Node 20 cannot load them. */
const standardDecorators = (): Plugin => ({
  name: 'lower-standard-decorators',
  enforce: 'pre',
  transform: {
    filter: { id: /\/(packages|apps)\/.*\.[cm]?ts$/, code: /@\w/ },
    async handler(code, id) {
      const out = await transform(code, {
        loader: 'ts',
        target: 'node20',
        sourcemap: 'external',
        sourcefile: id,
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
      })
      return { code: out.code, map: out.map }
    },
  },
})

/** What a package has for bundlers alone, Node cannot load. */
const conditions = ['@aster/source', ...defaultServerConditions.filter((name) => name !== 'module')]

/** Packages are taken from their sources. */
export const base = {
  plugins: [standardDecorators()],
  ssr: { resolve: { conditions } },
}

/** Results also go to `<name>.json` in the folder ASTER_TEST_REPORTS, where it is set. */
export const reporters = (name: string): ('default' | ['json', { outputFile: string }])[] => {
  const folder = process.env['ASTER_TEST_REPORTS']
  return folder ? ['default', ['json', { outputFile: `${folder}/${name}.json` }]] : ['default']
}

/** What the tests have in common, in whichever pool they run. */
export const unit = {
  // Long enough for a machine whose cores are busy: no test depends on speed.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 50_000 } },
  exclude: ['**/interop/**', '**/node_modules/**', '**/dist/**'],
}

export default defineConfig({
  ...base,
  test: {
    reporters: reporters('unit'),
    projects: [
      {
        extends: true,
        test: {
          ...unit,
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'apps/bench/*.test.mjs',
            'scripts/**/*.test.mjs',
          ],
        },
      },
    ],
  },
})
