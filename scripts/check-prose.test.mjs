import { describe, expect, it } from 'vitest'
import { checkProse, onlyOf } from './check-prose.mjs'

const check = (text, { path = 'packages/a/src/a.ts', ...options } = {}) =>
  checkProse(new Map([[path, text]]), { exceptions: [], ...options }).problems

const lines = (...all) => all.join('\n')
const fence = '```'

describe('prose', () => {
  it.each([
    ['a word of a comment', '// gives a number', "has 'gives'"],
    ['a word of a documentation comment', '/** Gives a number. */', "has 'gives'"],
    ['words in two lines of comments', lines('// the address is', '// none'), "has 'is none'"],
    [
      'words in two lines of a documentation comment',
      lines('/**', ' * an address that is', ' * none', ' */'),
      "has 'is none'",
    ],
    ['a message', "throw new Error('expected an object of texts')", "has 'texts'"],
    ['a message with values', 'throw new Error(`${name} expects texts of ${kind}`)', "has 'texts'"],
    ['a string within a message', "const a = `${b ? 'nobody listens' : ''}`", "has 'nobody'"],
    ['a comment behind code', "const a = '//' // asked by nobody", "has 'nobody'"],
    ['a comment behind a regular expression', 'const a = /[/*"]/ // asked by nobody', "has 'nobody'"],
    ['the first sentence', '/** What it does. */', "begins a sentence with 'What'"],
    ['a later sentence', '/** Waits. Who leaves is gone. */', "begins a sentence with 'Who'"],
    ['a sentence behind a code span', '/** Waits for `a`. Who leaves is gone. */', "begins a sentence with 'Who'"],
    [
      'a sentence on the next line',
      lines('/**', ' * Waits.', ' * What comes is lost.', ' */'),
      "begins a sentence with 'What'",
    ],
    ['a sentence behind a tag', '/** @returns What it found. */', "begins a sentence with 'What'"],
    [
      'a sentence behind a parameter',
      '/** @param {string} name What it is called. */',
      "begins a sentence with 'What'",
    ],
    ['a title of a test', "it('gives room', () => {})", "has 'gives'"],
  ])('refuses %s', (_, text, problem) => {
    const found = check(`const first = 1\n${text}\n`)
    expect(found).toEqual([expect.stringMatching(/^packages\/a\/src\/a\.ts:[2-5] /)])
    expect(found[0]).toContain(problem)
  })

  it.each([
    ['a word of code', 'const texts = gives(nobody)'],
    ['a code span', '/** Resolves with `texts`. */'],
    ['a code block', lines('/**', ' * @example', ` * ${fence}ts`, ' * // gives a number', ` * ${fence}`, ' */')],
    ['a link', '/** See {@link gives}. */'],
    ['a name', "const a = 'texts'"],
    ['a part of a word', '/** The contexts of a hypergives. */'],
    ['the word within a sentence', '/** Says What and Who. */'],
    ['a sentence of another word', '/** Waits. Whatever comes is lost. */'],
    ['an import', "import { a } from './texts.ts'"],
    ['a literal without prose', 'const a = /gives nobody texts/'],
  ])('takes %s', (_, text) => expect(check(text)).toEqual([]))

  it('reads Markdown outside of code', () => {
    const page = lines(
      '# Title',
      '',
      `${fence}ts`,
      '// gives',
      fence,
      '',
      '- `gives` and <!-- nobody -->',
      '',
      '- Who calls',
      '| a | What |',
    )
    expect(check(page, { path: 'README.md' })).toEqual([
      expect.stringMatching(/^README\.md:9 .*'Who'/),
      expect.stringMatching(/^README\.md:10 .*'What'/),
    ])
    expect(check('a\n\n```\nunclosed gives', { path: 'README.md' })).toHaveLength(1)
  })

  it('reads Rust', () => {
    const text = lines(
      "fn a<'a>(b: &'a str) -> char { '\"' }",
      '/// Gives a number.',
      'let c = "asked by nobody";',
      'let d = r#"a "b"#;',
    )
    expect(check(text, { path: 'a.rs' }).map((problem) => problem.slice(0, 6))).toEqual(['a.rs:2', 'a.rs:3'])
  })

  it('reads Python and shell', () => {
    const text = lines(
      '"""What it does.',
      '',
      'It gives."""',
      "a = 'gives a number' # asked by nobody",
      '# who gives',
      "echo ${a#gives} '# gives'",
    )
    const found = check(text, { path: 'a.py' }).map((problem) => problem.replace(/^a\.py:(\d) .*?'(\w+)'.*/, '$1 $2'))
    expect(found.sort()).toEqual(['1 What', '3 gives', '4 gives', '4 nobody', '5 gives', '6 gives'])
    expect(check('# gives', { path: '.ci/run' })).toHaveLength(1)
  })

  it('looks at some folders alone if asked', () => {
    const files = new Map([
      ['packages/a/src/a.ts', '// gives'],
      ['packages/ab/src/a.ts', '// gives'],
      ['README.md', 'gives'],
    ])
    const problemsOf = (...only) => checkProse(files, { exceptions: [], only }).problems.map((one) => one.split(':')[0])
    expect(problemsOf('packages/a')).toEqual(['packages/a/src/a.ts'])
    expect(problemsOf('packages/a', 'README.md')).toEqual(['packages/a/src/a.ts', 'README.md'])
    expect(onlyOf(['node', 'x.mjs', '--only', 'packages/a/', 'b'])).toEqual(['packages/a', 'b'])
    expect(onlyOf(['node', 'x.mjs'])).toEqual([])
  })

  it('has exceptions, each for the words of a line, as long as they are needed', () => {
    const path = 'packages/a/src/a.ts'
    const exceptions = [[path, 'gives way', 'a reason']]
    expect(check('// gives way', { exceptions })).toEqual([])
    expect(check('// gives way\n\n// gives', { exceptions })).toHaveLength(1)
    expect(check('// goes', { exceptions })).toEqual([`${path}: the exception for 'gives way' is not needed`])
    expect(check('// gives way', { exceptions: Array.from({ length: 11 }, () => exceptions[0]) })).toEqual([
      'scripts/check-prose.mjs has 11 exceptions; 10 are the most',
    ])
  })
})
