import { expect, it } from 'vitest'
import { reaches } from './reaches.mjs'

const manifest = (name, entries) =>
  JSON.stringify({
    name,
    exports: Object.fromEntries(Object.entries(entries).map(([entry, source]) => [entry, { '@aster/source': source }])),
  })

it('follows imports within a package and from one to another, each by its entry', () => {
  const files = new Map(
    Object.entries({
      'packages/a/package.json': manifest('@aster/a', { '.': './src/index.ts', './plain': './src/plain.ts' }),
      'packages/a/src/index.ts': "export { bind } from './native.ts'",
      'packages/a/src/native.ts': "import { Endpoint } from '@vendor/addon'",
      'packages/a/src/plain.ts': "import { join } from 'node:path'",
      'packages/b/package.json': manifest('@aster/b', { '.': './src/index.ts' }),
      'packages/b/src/far.test.ts': "import { helper } from '../test/helper.ts'",
      'packages/b/test/helper.ts': "import { bind } from '@aster/a'",
      'packages/b/src/near.test.ts': "import { x } from '@aster/a/plain'\nimport { y } from '@vendor/other'",
      'packages/b/src/circle.ts': "import './circle.ts'",
    }),
  )
  const found = [...files.keys()].filter(reaches(files, '@vendor/addon'))
  expect(found).toEqual([
    'packages/a/src/index.ts',
    'packages/a/src/native.ts',
    'packages/b/src/far.test.ts',
    'packages/b/test/helper.ts',
  ])
})
