import { expect, it } from 'vitest'
import { checkDependencies } from './check-dependencies.mjs'

const HASH = `sha512-${'A'.repeat(86)}==`

const LOCKFILE = `lockfileVersion: '9.0'

importers:

  packages/x:
    dependencies:
      '@aster/y':
        specifier: workspace:^
        version: link:../y
      one:
        specifier: 'catalog:'
        version: 1.0.0
    devDependencies:
      tool:
        specifier: 'catalog:'
        version: 3.0.0

packages:

  '@two/part@2.0.0':
    resolution: {integrity: ${HASH}}

  one@1.0.0:
    resolution: {integrity: ${HASH}}
    engines: {node: '>=20'}
    peerDependencies:
      tool: '>=3'
    peerDependenciesMeta:
      tool:
        optional: true

  tool@3.0.0:
    resolution: {integrity: ${HASH}}

snapshots:

  '@two/part@2.0.0': {}

  one@1.0.0(tool@3.0.0):
    dependencies:
      '@two/part': 2.0.0
    optionalDependencies:
      tool: 3.0.0

  tool@3.0.0: {}
`.replace('version: 1.0.0', 'version: 1.0.0(tool@3.0.0)')

const LIST = `# Dependencies

| package | licence | KiB | brings | for | instead |
|---|---|---|---|---|---|
| \`one\` | MIT | 1,000 | 1 | a reason | another |

| package | licence | KiB | brought by |
|---|---|---|---|
| \`@two/part\` | MIT OR GPL-3.0 | 10 | one |
`

const INSTALLED = {
  'one@1.0.0(tool@3.0.0)': { licence: 'MIT', kib: 1000, scripts: ['test'] },
  '@two/part@2.0.0': { licence: 'MIT OR GPL-3.0', kib: 10, scripts: [] },
}

function problemsOf({ lockfile = LOCKFILE, list = LIST, workspace = '', installed = {} } = {}) {
  const files = new Map([
    ['packages/x/package.json', '{ "name": "@aster/x" }'],
    ['pnpm-lock.yaml', lockfile],
    ['pnpm-workspace.yaml', `allowBuilds:\n  esbuild: false\n${workspace}strictDepBuilds: true\n`],
    ['docs/dependencies.md', list],
  ])
  return checkDependencies(files, (id) => ({ ...INSTALLED, ...installed })[id]).problems
}

it('passes a tree that is listed', () => {
  expect(problemsOf()).toEqual([])
})

it.each([
  ['a new dependency', { list: LIST.replace(/.*@two.*\n/, '') }, '@two/part, which a dependency brings, is not in'],
  ['one that is gone', { list: `${LIST}| \`three\` | MIT | 1 | one |\n` }, 'nothing published depends on three'],
  ['growth', { installed: { 'one@1.0.0(tool@3.0.0)': { licence: 'MIT', kib: 1001, scripts: [] } } }, 'has 1001 KiB'],
  [
    'another licence',
    { installed: { '@two/part@2.0.0': { licence: 'GPL-3.0', kib: 1, scripts: [] } } },
    'has the licence GPL-3.0',
  ],
  ['a licence that is not allowed', { list: LIST.replace('MIT OR GPL-3.0', 'GPL-3.0') }, 'not allowed: GPL-3.0'],
  [
    'an install script',
    { installed: { '@two/part@2.0.0': { licence: 'MIT OR GPL-3.0', kib: 1, scripts: ['postinstall'] } } },
    'runs postinstall',
  ],
  ['how many come with one', { list: LIST.replace('| 1 | a', '| 0 | a') }, 'one brings 1 packages, not 0'],
  [
    'a direct one listed as indirect',
    { list: LIST.replace(/\| 1 \| a reason.*/, '| x |') },
    'one is a direct dependency',
  ],
  ['a missing hash', { lockfile: LOCKFILE.replace(HASH, 'sha1-x') }, '@two/part@2.0.0 has no hash'],
  ['a host', { lockfile: LOCKFILE.replace("'>=20'", 'https://x') }, 'names a host'],
  ['a build that may run', { workspace: '  other: true\n' }, 'lets an install script run'],
])('finds %s', (_what, tree, problem) => {
  expect(problemsOf(tree)).toContainEqual(expect.stringContaining(problem))
})
