// oxlint-disable unicorn/no-thenable -- one of the guards recognises thenables
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isBytes, isDate, isErrorLike, isMap, isSet, isThenable, typedArrayName } from './guards.ts'

const own = {
  date: new Date(0),
  map: new Map([[1, 2]]),
  set: new Set([1]),
  bytes: Uint8Array.of(1),
  error: new TypeError('x'),
  promise: Promise.resolve(1),
}
const foreign = runInNewContext(
  '({ date: new Date(0), map: new Map([[1, 2]]), set: new Set([1]), bytes: Uint8Array.of(1), error: new TypeError("x"), promise: Promise.resolve(1) })',
) as typeof own
const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()
const odd = [
  null,
  undefined,
  0,
  'Date',
  Symbol('s'),
  1n,
  {},
  [],
  () => 1,
  Object.create(null),
  Object.create(Date.prototype),
  Object.create(Map.prototype),
  Object.create(Set.prototype),
  { [Symbol.toStringTag]: 'Date' },
  { [Symbol.toStringTag]: 'Map' },
  { [Symbol.toStringTag]: 'Set' },
  { [Symbol.toStringTag]: 'Uint8Array' },
  new DataView(new ArrayBuffer(1)),
  new Uint16Array(1),
  new ArrayBuffer(1),
  revoked,
  {
    get [Symbol.toStringTag](): string {
      throw new Error('no')
    },
    get then(): unknown {
      throw new Error('no')
    },
  },
]

const guards = [
  ['date', isDate],
  ['map', isMap],
  ['set', isSet],
  ['bytes', isBytes],
  ['error', isErrorLike],
  ['promise', isThenable],
] as const

describe.each(guards)('the guard of a %s', (name, guard) => {
  it('accepts values of this realm and of another', () => {
    expect(guard(own[name])).toBe(true)
    expect(guard(foreign[name])).toBe(true)
  })

  it('rejects any other value, and never throws', () => {
    for (const value of odd) expect(guard(value)).toBe(false)
    for (const [other, value] of Object.entries(foreign)) if (other !== name) expect(guard(value)).toBe(false)
  })
})

it('accepts subclasses, buffers, and the reason with which Node aborts', () => {
  expect(isBytes(Buffer.from('x'))).toBe(true)
  expect(isDate(new (class extends Date {})())).toBe(true)
  expect(isErrorLike(AbortSignal.abort().reason)).toBe(true)
  expect(isThenable({ then: () => {} })).toBe(true)
  expect(isThenable(Object.assign(() => {}, { then: () => {} }))).toBe(true)
})

it('returns the class of a typed array', () => {
  const arrays = [new Int8Array(1), new Uint8Array(1), new BigUint64Array(1), new Float64Array(1)]
  const names = ['Int8Array', 'Uint8Array', 'BigUint64Array', 'Float64Array']
  expect(arrays.map(typedArrayName)).toEqual(names)
  const foreign = runInNewContext(`[${names.map((name) => `new ${name}(1)`).join()}]`) as unknown[]
  expect(foreign.map(typedArrayName)).toEqual(names)
  expect(typedArrayName(Buffer.from('x'))).toBe('Uint8Array')
  const words = odd.filter((value) => typedArrayName(value) !== undefined)
  expect(words).toEqual([new Uint16Array(1)])
})
