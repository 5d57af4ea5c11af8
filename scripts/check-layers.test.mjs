import { describe, expect, it } from 'vitest'
import { checkLayers } from './check-layers.mjs'

/** A checkout with one good package of each kind that the rules speak of; `changes` adds to it or replaces in it. */
function problemsOf(changes, hosts) {
  const manifest = (name, rest = {}) =>
    JSON.stringify({ name: `@aster/${name}`, exports: { '.': { '@aster/source': './src/index.ts' } }, ...rest })
  const files = {
    'package.json': JSON.stringify({ devDependencies: { vitest: '1' } }),
    'packages/rpc-core/package.json': manifest('rpc-core'),
    'packages/rpc-core/turbo.json': '{}',
    'packages/rpc-core/tsconfig.json': '{ "extends": "../../tsconfig.portable.json" }',
    'packages/config/package.json': manifest('config', { dependencies: { valibot: '1' } }),
    'packages/config/turbo.json': '{}',
    'packages/transport-iroh/package.json': manifest('transport-iroh', { dependencies: { '@number0/iroh': '1' } }),
    'packages/transport-iroh/turbo.json': '{}',
    'packages/transport-iroh/src/native.ts': "import { Endpoint } from '@number0/iroh'",
    'packages/rpc-client/package.json': manifest('rpc-client', {
      dependencies: { '@aster/rpc-core': 'workspace:^', '@aster/config': 'workspace:^' },
      devDependencies: { 'fast-check': '1' },
    }),
    'packages/rpc-client/turbo.json': '{}',
    'packages/rpc-client/tsconfig.json': '{ "extends": "../../tsconfig.portable.json" }',
    'apps/hello/package.json': manifest('hello', { dependencies: { '@aster/rpc-client': 'workspace:^' } }),
    'apps/hello/turbo.json': '{}',
    ...changes,
  }
  return checkLayers(new Map(Object.entries(files)), hosts).problems
}

const rpcClient = (text, path = 'src/call.ts') => problemsOf({ [`packages/rpc-client/${path}`]: text })

describe('imports', () => {
  it('passes a tree that keeps to the arrows', () => {
    expect(problemsOf({})).toEqual([])
    expect(rpcClient("import type { Codec } from '@aster/rpc-core'\nimport { a } from './a.ts'")).toEqual([])
  })

  it('refuses an import against the arrows, though it is declared', () => {
    expect(rpcClient("\nimport { config } from '@aster/config'")).toEqual([
      'packages/rpc-client/src/call.ts:2 imports @aster/config, against the arrows: rpc-client may import rpc-core',
    ])
  })

  it.each([
    ["import 'left-pad'", 'left-pad'],
    ["export { x } from 'left-pad/deep.js'", 'left-pad'],
    ["const x = await import('left-pad')", 'left-pad'],
    ["let x: import('left-pad').X", 'left-pad'],
    ["import {\n  a,\n  b,\n} from '@left/pad/deep'", '@left/pad'],
  ])('refuses an undeclared dependency: %j', (text, name) => {
    expect(rpcClient(text)).toEqual([expect.stringContaining(`imports ${name}, which is not in its dependencies`)])
  })

  it('lets only tests use development dependencies, their own and those of the root', () => {
    const text = "import fc from 'fast-check'\nimport { it } from 'vitest'"
    expect(rpcClient(text)).toHaveLength(2)
    for (const path of [
      'src/call.test.ts',
      'src/call.test-d.ts',
      'interop/call.interop.ts',
      'test/helper.ts',
      'bench/run.mjs',
    ]) {
      expect(rpcClient(text, path)).toEqual([])
    }
    expect(rpcClient("import 'left-pad'", 'src/call.test.ts')).toHaveLength(1)
  })

  it('refuses to leave the package by a path, to import a test, an entry that is not exported and an app', () => {
    expect(rpcClient("import { x } from '../../config/src/index.ts'")[0]).toContain('leaves the package')
    expect(rpcClient("import { x } from './call.test.ts'")[0]).toContain('which is a test')
    expect(rpcClient("import { x } from '@aster/rpc-core/src/frame.ts'")[0]).toContain('does not export')
    const app = JSON.stringify({ name: '@aster/other', dependencies: { '@aster/hello': '1' } })
    expect(
      problemsOf({
        'apps/other/package.json': app,
        'apps/other/turbo.json': '{}',
        'apps/other/src/main.ts': "import { x } from '@aster/hello'",
      }),
    ).toEqual([expect.stringContaining('nothing imports an app')])
  })

  it('refuses a computed import in source', () => {
    expect(rpcClient('const x = await import(name)')[0]).toContain('computed name')
    expect(rpcClient('const x = await import(name)', 'src/call.test.ts')).toEqual([])
  })

  it('reads no imports out of comments', () => {
    expect(
      rpcClient("/**\n * import { x } from 'left-pad'\n */\n// import 'left-pad'\nconst a = 1 // import('b')"),
    ).toEqual([])
  })
})

describe('packages', () => {
  it('keeps Node out of portable packages, but for the ./node entry', () => {
    const text = "import { readFile } from 'node:fs/promises'"
    expect(rpcClient(text)[0]).toContain('the package is portable')
    expect(rpcClient(text, 'src/call.test.ts')).toEqual([])
    expect(problemsOf({ 'packages/config/src/file.ts': text })).toEqual([])
    const manifest = JSON.stringify({
      name: '@aster/rpc-client',
      exports: { './node': { '@aster/source': './src/node.ts' } },
    })
    expect(
      problemsOf({ 'packages/rpc-client/package.json': manifest, 'packages/rpc-client/src/node.ts': text }),
    ).toEqual([])
    const beside = { 'packages/rpc-client/src/node/file.ts': text }
    expect(problemsOf({ 'packages/rpc-client/package.json': manifest, ...beside })).toEqual([])
    expect(problemsOf(beside)[0]).toContain('the package is portable')
    expect(problemsOf({ 'packages/config/src/file.ts': "import fs from 'fs'" })[0]).toContain('write node:fs')
  })

  it('keeps rpc-core free of dependencies', () => {
    const manifest = JSON.stringify({ name: '@aster/rpc-core', dependencies: { valibot: '1' } })
    expect(problemsOf({ 'packages/rpc-core/package.json': manifest })[0]).toContain('rpc-core depends on nothing')
  })

  it('refuses a package that is not in the table, has another name than its folder or no tag', () => {
    const problems = problemsOf({ 'packages/extra/package.json': JSON.stringify({ name: '@aster/else' }) })
    expect(problems).toEqual([
      expect.stringContaining('is named @aster/else'),
      expect.stringContaining('not in the table of arrows'),
      expect.stringContaining('no turbo.json'),
    ])
  })

  it('wants exactly one file that imports a vendor', () => {
    const iroh = "import { Endpoint } from '@number0/iroh'"
    expect(problemsOf({ 'packages/transport-iroh/src/other.ts': iroh })[0]).toContain('not 2')
    expect(problemsOf({ 'packages/transport-iroh/src/native.ts': '' })[0]).toContain('not 0')
    expect(problemsOf({ 'packages/transport-iroh/src/native.test.ts': iroh })).toEqual([])
    expect(problemsOf({ 'packages/rpc-client/src/a.test.ts': iroh }).join()).toContain('knows about iroh')
    expect(problemsOf({ 'apps/hello/src/raw.mjs': iroh }).join()).toContain('knows about iroh')
    const bench = {
      'apps/bench/package.json': JSON.stringify({ name: '@aster/bench', dependencies: { '@number0/iroh': '1' } }),
      'apps/bench/turbo.json': '{}',
    }
    expect(problemsOf({ ...bench, 'apps/bench/raw.mjs': iroh })).toEqual([])
  })
})

describe('a vendor that a folder knows', () => {
  const dependencies = { '@number0/iroh': '1', '@aster/iroh-native': 'workspace:^' }
  const withNative = (changes) => ({
    'packages/iroh-native/package.json': JSON.stringify({
      name: '@aster/iroh-native',
      exports: { '.': { '@aster/source': './src/index.ts' } },
    }),
    'packages/iroh-native/turbo.json': '{}',
    'packages/transport-iroh/package.json': JSON.stringify({ name: '@aster/transport-iroh', dependencies }),
    'packages/transport-iroh/src/rings/binding.ts': "const addon = await import('@aster/iroh-native')",
    'packages/transport-iroh/src/rings/rings.ts': "import type { Net } from '@aster/iroh-native'",
    ...changes,
  })

  it('is known to files of the folder', () => {
    expect(problemsOf(withNative({}))).toEqual([])
  })

  it('is refused elsewhere in the package, and in others', () => {
    const text = "import { loadAddon } from '@aster/iroh-native'"
    expect(problemsOf(withNative({ 'packages/transport-iroh/src/number0/endpoint.ts': text }))).toEqual([
      'packages/transport-iroh/src/number0/endpoint.ts knows about the native core; only src/rings/ does',
    ])
    expect(problemsOf(withNative({ 'packages/rpc-client/src/call.test.ts': text })).join()).toContain(
      'packages/rpc-client/src/call.test.ts knows about the native core; only packages/transport-iroh does',
    )
  })

  it('imports nothing of ours itself', () => {
    const text = "import { AsterError } from '@aster/rpc-core'"
    expect(problemsOf(withNative({ 'packages/iroh-native/src/load.ts': text })).join()).toContain(
      'not in its dependencies',
    )
  })
})

describe('files', () => {
  it('fails past 500 lines and warns past 300', () => {
    const file = (lines) => new Map([['packages/x/src/a.ts', 'a\n'.repeat(lines)]])
    expect(checkLayers(file(300))).toMatchObject({ problems: [], warnings: [] })
    expect(checkLayers(file(301))).toMatchObject({ problems: [], warnings: [expect.stringContaining('301 lines')] })
    expect(checkLayers(file(501))).toMatchObject({ problems: [expect.stringContaining('501 lines')], warnings: [] })
  })

  // Put together here, so that this file may be checked as well.
  const slash = '/'
  it.each([
    ['a.md', `see ${slash}root/project`],
    ['a.ts', `const path = '${slash}home/ann/project'`],
    ['a.mjs', `run(\`${slash}tmp/out.txt\`)`],
    ['.npmrc', `registry=https:${slash}/npm.example.com/`],
    ['.npmrc', `${slash}/packages.example.com/:always-auth=true`],
    ['pnpm-lock.yaml', `  resolution: {tarball: https:${slash}/example.org/a.tgz}`],
  ])('finds the machine or the registry in %s: %s', (path, line) => {
    expect(problemsOf({ [path]: `first\n${line}` }, ['packages.example.com'])).toEqual([
      expect.stringContaining(`${path}:2 names a machine or a registry`),
    ])
  })

  it('takes links, relative paths and data for what they are', () => {
    expect(
      problemsOf({
        'README.md': `[x](https:${slash}/www.npmjs.com/package/x) https:${slash}/example.com${slash}work/a ../..${slash}work/b`,
        'packages/config/src/fixtures/config.json': `"${slash}home/ann/x"`,
      }),
    ).toEqual([])
  })
})
