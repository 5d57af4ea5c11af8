import { availableParallelism } from 'node:os'
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

/** Where sources come by a secret, or make an error; scripts/lib/secrets-setup.mjs takes note of both. */
const WATCHED: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'identity/src/secret-key.ts': [
    'this.#bytes = Uint8Array.from(bytes)',
    "this.#bytes = Uint8Array.from(bytes); globalThis[Symbol.for('aster.test.secrets')]?.secret(bytes, 'a secret key')",
  ],
  'identity/src/ed25519.ts': [
    'return nodeEd25519?.sign(secretKey, bytes) ?? withHash().sign(bytes, secretKey)',
    "const made = nodeEd25519?.sign(secretKey, bytes) ?? withHash().sign(bytes, secretKey); globalThis[Symbol.for('aster.test.secrets')]?.secret(made, 'a signature'); return made",
  ],
  'identity/src/parse-credential.ts': [
    'return parseHex(table[key], { field: at + key, bytes, source })',
    "const read = parseHex(table[key], { field: at + key, bytes, source }); if (key !== 'root_pubkey') globalThis[Symbol.for('aster.test.secrets')]?.secret(read, `a ${key}`); return read",
  ],
  'rpc-core/src/aster-error.ts': [
    "super(message, 'cause' in options ? { cause: options.cause } : undefined)",
    "super(message, 'cause' in options ? { cause: options.cause } : undefined); globalThis[Symbol.for('aster.test.secrets')]?.error(this)",
  ],
}

const watchSecrets = (): Plugin => ({
  name: 'watch-secrets',
  enforce: 'pre',
  transform: {
    filter: { id: /\/packages\/(?:identity|rpc-core)\/src\/[\w-]+\.ts$/ },
    handler(code, id) {
      const [, path = ''] = /\/packages\/([^?]*)/.exec(id) ?? []
      const edit = WATCHED[path]
      if (edit === undefined) return undefined
      if (!code.includes(edit[0])) throw new Error(`${path} has changed: vitest.config.ts looks for ${edit[0]}`)
      // On the same line, so that the places in stacks stay true.
      return { code: code.replace(edit[0], () => edit[1]), map: null }
    },
  },
})

/** Node cannot load the files that a package has for bundlers alone. */
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

/** vitest leaves one core free, which is half of a small machine; most tests wait. */
export const maxWorkers = availableParallelism()

/** The options of all tests, in every pool. */
export const unit = {
  // Long enough for a machine whose cores are busy: no test depends on speed.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 50_000 } },
  exclude: ['**/interop/**', '**/node_modules/**', '**/dist/**'],
}

export default defineConfig({
  ...base,
  // First: the other one rewrites a source that has an `@`, also in a comment.
  plugins: [watchSecrets(), ...base.plugins],
  test: {
    reporters: reporters('unit'),
    maxWorkers,
    projects: [
      {
        extends: true,
        test: {
          ...unit,
          name: 'unit',
          setupFiles: ['./scripts/lib/secrets-setup.mjs'],
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
