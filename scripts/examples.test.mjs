import { describe, expect, it } from 'vitest'
import { examplesOf } from './lib/examples.mjs'

const fence = '```'
const path = 'packages/a/src/a.ts'
const examples = (text, name = path) => examplesOf(new Map([[name, text]]))
const comment = (...lines) => ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n')

describe('examples', () => {
  it('are the blocks of ts below the tag, with what they print', () => {
    const text = comment(
      'Adds.',
      '',
      '@example',
      `${fence}ts`,
      'const a = {',
      '  b: 1,',
      '}',
      '',
      'console.log(a.b) // prints 1',
      fence,
      '',
      '@packageDocumentation',
    )
    expect(examples(`const x = 1\n${text}\nexport {}`)).toEqual({
      examples: [{ path, line: 5, code: 'const a = {\n  b: 1,\n}\n\nconsole.log(a.b) // prints 1\n', prints: ['1'] }],
      problems: [],
    })
  })

  it('are several, if a comment has several', () => {
    const text = comment('@example', `${fence}ts`, 'a()', fence, '@example With a title', `${fence}ts`, 'b()', fence)
    expect(examples(text).examples.map(({ code }) => code)).toEqual(['a()\n', 'b()\n'])
  })

  it('have a block', () => {
    expect(examples(comment('@example a()')).problems).toEqual([`${path}:2 has an @example without a block of ts`])
  })

  it('are those of sources', () => {
    for (const name of ['packages/a/src/a.test.ts', 'packages/a/test/a.ts', 'scripts/a.mjs'])
      expect(examples(comment('@example', `${fence}ts`, 'a()', fence), name).examples).toEqual([])
  })
})
