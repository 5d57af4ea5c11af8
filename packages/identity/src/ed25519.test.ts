import * as fc from 'fast-check'
import { etc, hash, hashes, Point, utils, verify as verifyLoosely } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
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

/** Those of the 19 values from the prime of the field up to 2^255 that are a point, less the prime: its other encoding. */
const pointsBelow19 = [0, 1, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18]

/** The module without `node:crypto`. */
let portable: typeof withNode
beforeAll(async () => {
  hashes.sha512 = sha512
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
        expect(publicKey).toEqual(withNode.publicKeyOf(key.reveal()))
        expect(publicKey).toEqual(portable.publicKeyOf(key.reveal()))
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
    expect(verifyLoosely(signature, Uint8Array.of(7), identity, { zip215: true })).toBe(true)
    expect(used().verify(identity, Uint8Array.of(7), signature)).toBe(false)
  })

  it('knows which bytes are a point', () => {
    const { isPoint } = used()
    expect(isPoint(new Uint8Array(32))).toBe(true)
    expect(isPoint(Uint8Array.from([2, ...new Uint8Array(31)]))).toBe(false)
    expect(isPoint(new Uint8Array(31))).toBe(false)
  })

  it('has the keys and signatures of RFC 8032, section 7.1', () => {
    const { publicKeyOf, sign } = used()
    const secretKey = hex.decode('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
    expect(hex.encode(publicKeyOf(secretKey))).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
    expect(hex.encode(sign(secretKey, Uint8Array.of(0x72)))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    )
  })

  it('takes keys of small order and other encodings of a point for points, as iroh does, and verifies nothing with them', () => {
    const { isPoint, verify } = used()
    for (const text of weakKeys) expect(isPoint(hex.decode(text)), text).toBe(true)
    for (let rest = 0; rest < 19; rest++) {
      for (const last of [0x7f, 0xff]) {
        const key = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xed + rest : i === 31 ? last : 0xff))
        expect(isPoint(key), hex.encode(key)).toBe(pointsBelow19.includes(rest))
        expect(verify(key, new Uint8Array(), new Uint8Array(64))).toBe(false)
      }
    }
  })

  it('refuses a signature whose scalar is not reduced, which would be a second one for the same message', () => {
    const { publicKeyOf, sign, verify } = used()
    const signature = sign(secretKey, message)
    const scalar = littleEndian(signature.subarray(32)) + Point.CURVE().n
    const second = Uint8Array.from([...signature.subarray(0, 32), ...bytesOf(scalar)])
    expect(verify(publicKeyOf(secretKey), message, signature)).toBe(true)
    expect(verify(publicKeyOf(secretKey), message, second)).toBe(false)
  })

  it('refuses a signature whose point has another encoding', () => {
    const { publicKeyOf, verify } = used()
    const publicKey = publicKeyOf(secretKey)
    const { scalar } = utils.getExtendedPublicKey(secretKey)
    /** Signs with the neutral point in the given encoding. */
    const signatureWith = (point: Uint8Array) => {
      const challenge = littleEndian(hash(Uint8Array.from([...point, ...publicKey, ...message])))
      return Uint8Array.from([...point, ...bytesOf(etc.mod(challenge * scalar, Point.CURVE().n))])
    }
    const canonical = hex.decode('0100000000000000000000000000000000000000000000000000000000000000')
    const other = hex.decode('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
    expect(verify(publicKey, message, signatureWith(canonical))).toBe(true)
    expect(verifyLoosely(signatureWith(other), message, publicKey, { zip215: true })).toBe(true)
    expect(verify(publicKey, message, signatureWith(other))).toBe(false)
  })
})

const secretKey = new Uint8Array(32).fill(7)
const message = Uint8Array.of(1, 2, 3)

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex.encode(bytes.toReversed())}`)
}

function bytesOf(scalar: bigint): Uint8Array {
  return hex.decode(scalar.toString(16).padStart(64, '0')).reverse()
}
