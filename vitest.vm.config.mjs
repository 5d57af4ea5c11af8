// The tests of vitest.config.ts in contexts of `node:vm`, as under Jest: what Node hands out is of another realm than the code
// under test. `pnpm test:vm` runs them.
import { defineConfig } from 'vitest/config'
import { importsOf } from './scripts/lib/imports.mjs'
import { reaches } from './scripts/lib/reaches.mjs'
import { readTree } from './scripts/lib/tree.mjs'
import { base, maxWorkers, reporters, unit } from './vitest.config.ts'

const files = readTree()

/** These tests start processes of their own, which run outside of any context. */
const startsPrograms = (path) =>
  /^(?:apps|packages\/(?:cli|client|server|tests|transport-iroh))\//.test(path) &&
  importsOf(files.get(path)).some(({ specifier }) => specifier === 'node:child_process')

/** These tests take long because of an amount, and receive nothing of Node in which a realm shows that other tests do not. */
const AMOUNTS = [
  'packages/codec-fory/test/mutation.test.ts',
  'packages/identity/src/node/file-lock.test.ts',
  'packages/rpc-client/test/backpressure.test.ts',
]

const tests = [...files.keys()].filter(
  (path) =>
    /\.test\.m?ts$/.test(path) && !path.startsWith('scripts/') && !startsPrograms(path) && !AMOUNTS.includes(path),
)
const loadsAddon = reaches(files, '@number0/iroh')

/** A worker thread neither may end while the addon has a connection, nor has a folder or variables of its own. */
const needsProcess = (path) => loadsAddon(path) || /\b(?:process\.(?:chdir\(|env\[)|stubEnv\()/.test(files.get(path))

/** The contexts of a worker stay until it ends, and to collect the garbage among those of many files takes seconds. */
const collectsGarbage = (path) => /\b(?:collectGarbage|expose-gc)\b/.test(files.get(path))

const projectOf = (path) => {
  if (collectsGarbage(path)) return 'vm-garbage'
  return needsProcess(path) ? 'vm-forks' : 'vm-threads'
}
const testsOf = (name) => tests.filter((path) => projectOf(path) === name)

export default defineConfig({
  ...base,
  test: {
    reporters: reporters('vm'),
    maxWorkers,
    setupFiles: ['./scripts/lib/vm-setup.mjs'],
    projects: [
      {
        extends: true,
        test: { ...unit, name: 'vm-threads', pool: 'vmThreads', include: testsOf('vm-threads') },
      },
      { extends: true, test: { ...unit, name: 'vm-forks', pool: 'vmForks', include: testsOf('vm-forks') } },
      {
        extends: true,
        // A worker for each file.
        test: { ...unit, name: 'vm-garbage', pool: 'vmForks', vmMemoryLimit: 1, include: testsOf('vm-garbage') },
      },
    ],
  },
})
