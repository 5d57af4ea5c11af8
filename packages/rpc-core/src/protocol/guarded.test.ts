import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Logger } from '../logger.ts'
import { guardLogger, runGuarded, warnOnce } from './guarded.ts'

const failing = (): never => {
  throw new Error('broken')
}

afterEach(() => void vi.restoreAllMocks())

describe('guardLogger', () => {
  it('passes on every line, with the logger as `this`', () => {
    const lines: unknown[] = []
    class Lines {
      readonly #lines = lines
      debug = (): void => {}
      info(fields: object, message: string): void {
        this.#lines.push([fields, message])
      }
      warn = (): void => {}
      error = (): void => {}
    }
    guardLogger(new Lines())?.info({ a: 1 }, 'hello')
    expect(lines).toEqual([[{ a: 1 }, 'hello']])
    expect(guardLogger(undefined)).toBeUndefined()
  })

  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('thrown')
      },
    ],
    ['rejects', () => Promise.reject(new Error('rejected'))],
    ['is missing', undefined],
  ])('survives a logger that %s, and warns the programmer once', async (what, method) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const logger = { debug: method, info: method, warn: method, error: method } as unknown as Logger
    const guarded = guardLogger(logger)
    for (let i = 0; i < 3; i++) guarded?.info({}, `${what} ${i}`)
    await new Promise((resolve) => setImmediate(resolve))
    expect(emitWarning).toHaveBeenCalledTimes(1)
    expect(emitWarning.mock.calls[0]?.[0]).toMatch(/^logger\.info failed, and its line is lost: \w*Error: /)
  })

  it('returns the same guard for the same logger', () => {
    const logger = { debug: failing, info: failing, warn: failing, error: failing }
    const guarded = guardLogger(logger)
    expect(guardLogger(guarded)).toBe(guarded)
  })
})

describe('runGuarded', () => {
  it('passes on a thrown error and the rejection of a thenable', async () => {
    const seen: unknown[] = []
    runGuarded(failing, (error) => seen.push(error))
    runGuarded(
      async () => failing(),
      (error) => seen.push(error),
    )
    runGuarded(
      () => 5,
      (error) => seen.push(error),
    )
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen.map(String)).toEqual(['Error: broken', 'Error: broken'])
  })
})

describe('warnOnce', () => {
  it('warns of each mistake once', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    warnOnce('ASTER_TEST', 'one')
    warnOnce('ASTER_TEST', 'one')
    warnOnce('ASTER_TEST', 'two')
    expect(emitWarning.mock.calls).toEqual([
      ['one', { type: 'AsterWarning', code: 'ASTER_TEST' }],
      ['two', { type: 'AsterWarning', code: 'ASTER_TEST' }],
    ])
  })
})
