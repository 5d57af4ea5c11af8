// The tests of vitest.config.ts in contexts of `node:vm`, as under Jest: what Node hands out is of another realm than the code
// under test. `pnpm test:vm` runs them.
import { defineConfig } from 'vitest/config'
import { reaches } from './scripts/lib/reaches.mjs'
import { readTree } from './scripts/lib/tree.mjs'
import { base, reporters, unit } from './vitest.config.ts'

const files = readTree()
const tests = [...files.keys()].filter((path) => /\.test\.m?ts$/.test(path) && !path.startsWith('scripts/'))
const loadsAddon = reaches(files, '@number0/iroh')

/** A worker thread neither may end while the addon has a connection, nor has a folder or variables of its own. */
const needsProcess = (path) => loadsAddon(path) || /\b(?:process\.(?:chdir\(|env\[)|stubEnv\()/.test(files.get(path))

export default defineConfig({
  ...base,
  test: {
    reporters: reporters('vm'),
    setupFiles: ['./scripts/lib/vm-setup.mjs'],
    // Contexts stay until their worker ends, and tests that collect garbage take a second for each gigabyte of them.
    vmMemoryLimit: '512MB',
    projects: [
      {
        extends: true,
        test: { ...unit, name: 'vm-threads', pool: 'vmThreads', include: tests.filter((path) => !needsProcess(path)) },
      },
      { extends: true, test: { ...unit, name: 'vm-forks', pool: 'vmForks', include: tests.filter(needsProcess) } },
    ],
  },
})
