import { describe, expect, it } from 'vitest'
import { samplesOf } from './lib/samples.mjs'

const fence = '```'
const code = (name, text) => `<!-- code: apps/hello/src/${name} -->\n\n${fence}ts\n${text}${fence}\n`
const tsconfig = `<!-- tsconfig -->\n${fence}json\n{}\n${fence}\n`

describe('the samples of the README', () => {
  it('are its marked blocks and its tsconfig.json', () => {
    const text = code('a.ts', "import { b } from './b.ts'\n") + tsconfig + code('b.ts', 'export const b = 1\n')
    expect(samplesOf(text)).toEqual({
      samples: new Map([
        ['a.ts', "import { b } from './b.ts'\n"],
        ['b.ts', 'export const b = 1\n'],
        ['tsconfig.json', '{}\n'],
      ]),
      problems: [],
    })
  })

  it('import files that are there, and have a tsconfig.json', () => {
    const text = code('a.ts', "import { b } from './b.js'\n") + code('b.ts', 'export const b = 1\n')
    expect(samplesOf(text).problems).toEqual([
      'README.md: a.ts imports ./b.js, which it does not show',
      expect.stringContaining('no block with a tsconfig.json'),
    ])
  })
})
