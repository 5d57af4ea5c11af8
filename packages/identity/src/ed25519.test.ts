import * as fc from 'fast-check'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hex } from '@scure/base'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { secretKeys } from '../test/arbitraries.ts'
import * as withNode from './ed25519.ts'
import { nodeEd25519 } from './node-ed25519.ts'

/** Every encoding of a point of small order, canonical or not. `libsodium` refuses the same encodings. */
const weakKeys = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

/** The module without `node:crypto`. */
let portable: typeof withNode
beforeAll(async () => {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
  vi.resetModules()
  portable = await import('./ed25519.ts')
  expect((await import('./node-ed25519.ts')).nodeEd25519).toBeUndefined()
})
afterAll(() => {
  vi.restoreAllMocks()
})

describe.each([
  ['by node:crypto', () => withNode],
  ['by portable code', () => portable],
])('ed25519 %s', (_, used) => {
  it('signs the same bytes as the other, and verifies what it signed', () => {
    expect(nodeEd25519).toBeDefined()
    fc.assert(
      fc.property(secretKeys, fc.uint8Array(), (key, bytes) => {
        const { publicKeyOf, sign, verify } = used()
        const publicKey = publicKeyOf(key.reveal())
        const signature = sign(key.reveal(), bytes)
        expect(signature).toEqual(withNode.sign(key.reveal(), bytes))
        expect(signature).toEqual(portable.sign(key.reveal(), bytes))
        expect(verify(publicKey, bytes, signature)).toBe(true)
        expect(verify(publicKey, Uint8Array.from([...bytes, 0]), signature)).toBe(false)
        const changed = Uint8Array.from(signature, (byte, index) => (index === 40 ? byte ^ 1 : byte))
        expect(verify(publicKey, bytes, changed)).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  it.each(weakKeys)('refuses the weak key %s, under which signatures fit many messages', (text) => {
    const { verify } = used()
    const publicKey = hex.decode(text)
    const zeros = new Uint8Array(32)
    const signatures = [zeros, Uint8Array.from([1, ...zeros.subarray(1)]), publicKey].map((r) =>
      Uint8Array.from([...r, ...zeros]),
    )
    for (const signature of signatures) {
      for (let message = 0; message < 16; message++)
        expect(verify(publicKey, Uint8Array.of(message), signature)).toBe(false)
    }
  })

  it('refuses a signature that fits every message, which would do if the key were not looked at', () => {
    const identity = Uint8Array.from([1, ...new Uint8Array(31)])
    const signature = Uint8Array.from([1, ...new Uint8Array(63)])
    expect(ed25519.verify(signature, Uint8Array.of(7), identity, { zip215: true })).toBe(true)
    expect(used().verify(identity, Uint8Array.of(7), signature)).toBe(false)
  })

  it('knows which bytes are a point', () => {
    const { isPoint } = used()
    expect(isPoint(new Uint8Array(32))).toBe(true)
    expect(isPoint(Uint8Array.from([2, ...new Uint8Array(31)]))).toBe(false)
    expect(isPoint(new Uint8Array(31))).toBe(false)
  })
})
