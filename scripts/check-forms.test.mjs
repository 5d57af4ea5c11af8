import { describe, expect, it } from 'vitest'
import { checkForms } from './check-forms.mjs'

const file = 'src/a.ts'

function problemsOf(text, { path = file, exceptions = [] } = {}) {
  const manifest = JSON.stringify({ name: '@aster/a' })
  const files = { 'packages/a/package.json': manifest, [`packages/a/${path}`]: text }
  return checkForms(new Map(Object.entries(files)), exceptions).problems
}

describe('forms', () => {
  it.each([
    ['if (value instanceof Date) return', 'use isDate'],
    ['if (!(value instanceof Uint8Array)) return', 'use isBytes'],
    ['return error instanceof Error ? error.message : String(error)', 'use isErrorLike'],
    ['return error instanceof RangeError', 'use isErrorLike and the name'],
    ['return next instanceof Promise', 'use isThenable'],
    ['return signal instanceof AbortSignal', 'look at what it can do'],
    ['return array instanceof Float64Array', 'look at what it can do'],
    ['const key = v.instance(Uint8Array, expected)', 'use isBytes'],
    ['timer.unref()', 'use unref'],
    ['setTimeout(run, 5).unref?.()', 'use unref'],
    ["return typeof value.then === 'function'", 'use isThenable'],
    ["return typeof (value as Partial<Promise<unknown>>)?.then === 'function'", 'use isThenable'],
    ["return 'then' in value", 'use isThenable'],
    ["return value.constructor.name === 'Timestamp'", 'which minifiers change'],
    ['return value?.constructor?.name', 'which minifiers change'],
    ['throw new AsterError(`no ${JSON.stringify(name)}`)', 'use quoted'],
    ['export class OddError extends AsterError {}', "static { brandError(this, 'OddError') }"],
    ['void this.#frames.queue(0, payload)', 'drops the promise of a full queue'],
    ['if (isLast) void frames.queue(0, payload)', 'drops the promise of a full queue'],
    ['class OddError extends Error {}', "static { brandError(this, 'OddError') }"],
  ])('refuses: %s', (text, problem) => {
    expect(problemsOf(`const x = 1\n${text}`)).toEqual([expect.stringMatching(/^packages\/a\/src\/a\.ts:2 /)])
    expect(problemsOf(text)[0]).toContain(problem)
  })

  it.each([
    'if (isDate(value)) return',
    'return error instanceof RpcError || error instanceof Timestamp',
    'unref(timer)',
    'promise.then(done, failed)',
    'const room = frames.queue(0, payload)',
    '// No wait: it is the last frame.\nvoid frames.queue(0, payload)',
    '// raw forms such as `x instanceof Date` fail in another realm',
    "export class OddError extends AsterError {\n  static {\n    brandError(this, 'OddError')\n  }\n}",
  ])('takes: %s', (text) => expect(problemsOf(text)).toEqual([]))

  it('looks at sources alone', () => {
    for (const path of ['src/a.test.ts', 'src/a.test-d.ts', 'test/a.ts', 'README.md'])
      expect(problemsOf('timer.unref()', { path })).toEqual([])
  })

  it('has exceptions, each for one form of one file, as long as they are needed', () => {
    const exceptions = [[`packages/a/${file}`, 'unref', 'a reason']]
    expect(problemsOf('timer.unref()', { exceptions })).toEqual([])
    expect(problemsOf('timer.unref()\nx instanceof Date', { exceptions })).toHaveLength(1)
    expect(problemsOf('unref(timer)', { exceptions })).toEqual([
      'packages/a/src/a.ts: the exception for unref is not needed',
    ])
  })
})
