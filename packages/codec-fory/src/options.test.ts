import { t, type Type } from '@aster/rpc-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bytesOf, hexOf } from '../test/hex.ts'
import { ForyCodec, type ForyCodecOptions } from './index.ts'

const codec = { '0.16': new ForyCodec(), '0.17': new ForyCodec({ dialect: '0.17' }) } as const

describe('the option `dialect`', () => {
  it('has two values', () => {
    const options = { dialect: '1.0' } as unknown as ForyCodecOptions
    expect(() => new ForyCodec(options)).toThrow("ForyCodec: expected dialect '0.16' or '0.17', found \"1.0\"")
  })

  it("decides whether a name is written again for another type ('0.16') or not ('0.17'); each reads both", () => {
    const A = t.struct('ns/A', { x: t.int })
    const B = t.struct('ns/B', { a: A })
    const value = { a: { x: 1 } }
    const older = codec['0.16'].encode(B, value)
    const newer = codec['0.17'].encode(B, value)
    expect(hexOf(older)).toContain('1d0401b640020300')
    expect(hexOf(newer)).toContain('1d03020300')
    for (const reader of Object.values(codec)) {
      expect(reader.decode(B, older)).toEqual(value)
      expect(reader.decode(B, newer)).toEqual(value)
    }
  })

  // Found by comparison with pyfory 0.17.0: the name of the root is a reference to its own namespace.
  it('counts a name that is its own namespace once', () => {
    const Node: Type = t.struct('点/点', { A: t.optional(t.lazy((): Type => Node)) }, { naming: 'exact' })
    const hex = '02ff1d0600e782b9031d999a3cff1d03031d999a3cfd'
    expect(hexOf(codec['0.17'].encode<unknown, unknown>(Node, { A: {} }))).toBe(hex)
    for (const reader of Object.values(codec))
      expect(reader.decode(Node, bytesOf(hex))).toEqual({ A: { A: undefined } })
  })
})

describe('if code generation is forbidden', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('works without it', async () => {
    const Line = t.struct('x/Line', { from: t.string, to: t.list(t.int) })
    const hex = hexOf(codec['0.16'].encode(Line, { to: [1] }))
    vi.resetModules()
    const forbidden = vi.fn(function () {
      throw new EvalError('Code generation from strings disallowed for this context')
    })
    vi.stubGlobal('Function', forbidden)
    const fresh = await import('./index.ts')
    const strict = new fresh.ForyCodec()
    expect(forbidden).toHaveBeenCalled()
    expect(hexOf(strict.encode(Line, { to: [1] }))).toBe(hex)
  })
})
