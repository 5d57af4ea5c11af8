import { expect, it } from 'vitest'
import { contractProblems, tarballProblems } from './lib/package-contract.mjs'

const manifest = {
  description: 'One sentence.',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19' },
  files: ['dist', 'src'],
  main: './dist/index.js',
  types: './dist/index.d.ts',
  exports: { '.': { '@aster/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' } },
  publishConfig: { access: 'public', exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } },
  dependencies: { a: 'catalog:', '@aster/b': 'workspace:^' },
}
const tarball = ['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']

it('passes a package that keeps the contract', () => {
  expect(contractProblems(manifest)).toEqual([])
  expect(tarballProblems(manifest, tarball)).toEqual([])
})

it.each([
  [{ type: undefined }, 'type'],
  [{ sideEffects: undefined }, 'sideEffects'],
  [{ engines: { node: '>=18' } }, 'engines'],
  [{ files: ['src'] }, 'files'],
  [{ main: undefined }, 'main is not the default of exports["."]'],
  [{ main: './src/index.ts' }, 'main is not the default of exports["."]'],
  [{ types: undefined }, 'types is not that of exports["."]'],
  [
    { typesVersions: { '*': { node: ['./dist/node.d.ts'] } } },
    'typesVersions is not the entries of exports beside "."',
  ],
  [{ exports: { ...manifest.exports, './node': manifest.exports['.'] } }, 'typesVersions is not the entries'],
  [{ exports: {} }, 'exports is empty'],
  [{ exports: { '.': { default: './dist/index.js' } } }, 'no @aster/source'],
  [{ exports: { ...manifest.exports, './node': manifest.exports['.'] } }, 'publishConfig.exports["./node"]'],
  [{ publishConfig: { access: 'public' } }, 'publishConfig.exports["."]'],
  [{ dependencies: { a: '^1.0.0' } }, 'dependency a is ^1.0.0'],
])('finds what breaks it: %j', (change, problem) => {
  expect(contractProblems({ ...manifest, ...change }).join('\n')).toContain(problem)
})

it('finds tests in a tarball, and files that are not in it', () => {
  expect(
    tarballProblems(manifest, [...tarball, 'src/a.test.ts', 'src/fixtures/a.json', 'dist/a.test-d.d.ts']),
  ).toHaveLength(3)
  expect(tarballProblems(manifest, ['package.json'])).toHaveLength(3)
})
