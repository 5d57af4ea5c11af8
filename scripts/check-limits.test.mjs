import { describe, expect, it } from 'vitest'
import { checkConstants, limitConstants } from './check-limits.mjs'

const page = '# Limits\n\n<!-- constants: written by scripts/check-limits.mjs -->\n\n<!-- end of constants -->\n'

function tree(text, { limits = page, path = 'src/a.ts' } = {}) {
  const manifest = JSON.stringify({ name: '@aster/a' })
  return new Map(
    Object.entries({ 'packages/a/package.json': manifest, [`packages/a/${path}`]: text, 'LIMITS.md': limits }),
  )
}

const found = (text, options) =>
  limitConstants(tree(text, options)).map(({ name, value, comment }) => [name, value, comment])

describe('limits', () => {
  it('are numeric constants whose name has a unit or says that it is a limit, with the comment above', () => {
    const text = `import { a } from './b.ts'

/** How long a wait is. @default 1 */
const WAIT_MS = 1_000
export const MAX_BYTES = 2 ** 10

/**
 * Items that are kept,
 * each of them.
 *
 * Not so many others.
 */
const MAX_ITEMS = 24 * 60
const OTHER = 5
// A third | one.
const LEAST_ROOM = 3

const MAX_TEXT = 'x'
const FLAG = 0x7b
const defaults = {
  // How long it may take.
  timeoutMs: 5_000,
  deadlineEpochMs: 1_767_323_045_000,
}
const MOST = MAX_ITEMS
const MAX_TYPE = (
  'a'
)
`
    expect(found(text)).toEqual([
      ['WAIT_MS', 1000, 'How long a wait is.'],
      ['MAX_BYTES', 1024, 'How long a wait is.'],
      ['MAX_ITEMS', 1440, 'Items that are kept, each of them.'],
      ['LEAST_ROOM', 3, 'A third | one.'],
      ['timeoutMs', 5000, 'How long it may take.'],
    ])
  })

  it('are those of sources, Rust among them', () => {
    const rust = '/// Handshakes at once.\npub const MAX_HANDSHAKES: usize = 2_048;\n'
    expect(found(rust, { path: 'crate/src/a.rs' })).toEqual([['MAX_HANDSHAKES', 2048, 'Handshakes at once.']])
    for (const path of ['src/a.test.ts', 'test/a.ts']) expect(found('const WAIT_MS = 1\n', { path })).toEqual([])
  })

  it('are in the page, with their values, and have a comment', () => {
    const text = '/** How long | a wait is. */\nconst WAIT_MS = 1_000\n'
    const { problems, renewed } = checkConstants(tree(text))
    expect(problems).toEqual([expect.stringContaining('(packages/a/src/a.ts WAIT_MS)')])
    expect(renewed).toContain(
      '| `@aster/a` | `WAIT_MS` | 1,000 ms | How long \\| a wait is. | [a.ts](packages/a/src/a.ts) |',
    )
    expect(checkConstants(tree(text, { limits: renewed }))).toEqual({ problems: [], renewed, seen: '1 constants' })
    expect(checkConstants(tree('const A = 1\n', { limits: renewed })).problems).toEqual([
      expect.stringContaining('a constant that is gone'),
    ])
    const bare = 'const WAIT_MS = 1_000\n'
    expect(checkConstants(tree(bare, { limits: checkConstants(tree(bare)).renewed })).problems).toEqual([
      'packages/a/src/a.ts: WAIT_MS has no comment that says what it bounds',
    ])
    expect(checkConstants(tree(text, { limits: '# Limits\n' })).problems).toEqual([
      expect.stringContaining('has no table'),
    ])
  })
})
