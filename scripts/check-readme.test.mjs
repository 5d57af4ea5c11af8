import { describe, expect, it } from 'vitest'
import { checkBlocks, checkLimits, checkQuickStart } from './check-readme.mjs'

const fence = '```'
const block = (target, code, language = 'ts') => `<!-- code: ${target} -->\n\n${fence}${language}\n${code}${fence}\n`
const tree = (files) => new Map(Object.entries(files))

describe('code blocks', () => {
  const source =
    "import { a } from 'a'\n\nasync function main() {\n  // #region call\n  const x = `$&`\n\n  if (x) a()\n  // #endregion\n}\n"
  const region = 'const x = `$&`\n\nif (x) a()\n'

  it('passes blocks that are what their files say', () => {
    const files = tree({ 'a.ts': source, 'README.md': block('a.ts', source) + block('a.ts#call', region) })
    expect(checkBlocks(files)).toEqual({ problems: [], renewed: new Map(), seen: '2 code blocks' })
  })

  it('finds a stale block, and renews it to one that passes', () => {
    const stale = `# Title\n\n${block('a.ts#call', 'old()\n')}\nrest\n`
    const { problems, renewed } = checkBlocks(tree({ 'a.ts': source, 'README.md': stale }))
    expect(problems).toEqual([expect.stringContaining('README.md:3 differs from a.ts')])
    expect(renewed.get('README.md')).toBe(`# Title\n\n${block('a.ts#call', region)}\nrest\n`)
    expect(checkBlocks(tree({ 'a.ts': source, ...Object.fromEntries(renewed) })).problems).toEqual([])
  })

  it('names files and regions that are not there, and markers without a block', () => {
    const files = tree({
      'a.ts': source,
      'README.md': block('b.ts', '') + block('a.ts#no', '') + '<!-- code: a.ts -->\ntext\n',
    })
    expect(checkBlocks(files).problems).toEqual([
      expect.stringContaining('README.md:1 shows b.ts, which is not there'),
      expect.stringContaining('shows a.ts#no, which is not there'),
      expect.stringContaining('without a fence'),
    ])
  })
})

describe('quick start', () => {
  const marked = ['my-services', 'producer', 'consumer']
    .map((name) => block(`apps/hello/src/${name}.ts`, 'x\n'))
    .join('\n')

  it('has to show the three files, before any other TypeScript', () => {
    expect(checkQuickStart(tree({ 'README.md': `${fence}sh\nnpx x\n${fence}\n\n${marked}` }))).toEqual([])
    expect(checkQuickStart(tree({ 'README.md': `${fence}ts\nx\n${fence}\n\n${marked}` }))).toHaveLength(1)
    expect(checkQuickStart(tree({ 'README.md': '# Aster\n' }))).toHaveLength(3)
    expect(checkQuickStart(tree({}))).toEqual(['there is no README.md'])
  })
})

describe('limits', () => {
  const problems = (limits, rows) =>
    checkLimits(
      tree({
        'packages/rpc-core/src/limits.ts': `export const LIMITS = {\n${limits}\n} as const\n`,
        'LIMITS.md': rows,
      }),
    )

  it('passes when each limit has its row', () => {
    expect(problems('  /** About. */\n  a: 4_096,\n  b: 64,', '| `a` | 4,096 | bytes |\n| `b` | 64 | |\n')).toEqual([])
  })

  it('finds what is missing, stale, unknown or not a plain number', () => {
    expect(problems('  a: 4_096,\n  b: 64,', '| `a` | 4,095 | |\n| `c` | 1 | |\n')).toEqual([
      'LIMITS.md has a as 4095; it is 4096',
      'LIMITS.md does not list b (64)',
      'LIMITS.md lists c, which is no limit',
    ])
    expect(problems('  a: 2 ** 24,', '')).toContainEqual(expect.stringContaining('write a plain number'))
    expect(checkLimits(tree({}))).toHaveLength(1)
  })
})
