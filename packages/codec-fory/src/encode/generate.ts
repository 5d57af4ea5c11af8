import { mismatch, within } from '../wire/failure.ts'
import { functionFrom } from '../layout/compile-function.ts'
import type { Write } from './encoding.ts'
import { countKeys, type FieldWriter, isInherited, refuseUnknown, type StructShape } from './struct.ts'

/**
 * `structWriter` as source text made for one struct: a constant property, a known call for each field. The engine keeps apart what
 * it learns about each struct, where a loop over fields would have it all in one place.
 */
export function generateStructWriter(shape: StructShape): Write {
  const { tag, hash, fields } = shape
  const names = fields.map(({ name }) => name)
  const source = `return function write(out, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) mismatch(expected, value)
  out.u32(${hash})
  let i = 0
  let found = ${fields.length}
  let given
  try {
${fields.map(fieldSource).join('\n')}
  } catch (error) {
    throw within(error, names[i])
  }
  if (countKeys(value) > found) refuseUnknown(value, known, tag)
}`
  const bound: Record<string, unknown> = {
    mismatch,
    within,
    refuseUnknown,
    countKeys,
    names,
    tag,
    known: new Set(names),
    expected: `an object (${tag})`,
  }
  fields.forEach((field, i) => {
    bound[`write${i}`] = field.write
    bound[`zero${i}`] = () => field.zero()
  })
  return functionFrom(source, bound) as Write
}

function fieldSource({ name, method }: FieldWriter, i: number): string {
  const key = JSON.stringify(name)
  const member = isInherited(name) ? `Object.hasOwn(value, ${key}) ? value[${key}] : undefined` : `value[${key}]`
  const write = method === undefined ? `write${i}(out, given)` : `out.${method}(given)`
  return `    i = ${i}; given = ${member}; if (given === undefined) { given = zero${i}(); found-- } ${write}`
}
