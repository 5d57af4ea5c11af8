import { countKeys, isInherited } from '@aster/rpc-core/schema'
import { compileFunction } from '../layout/compile-function.ts'
import { prependSegment, throwMismatch } from '../wire/failure.ts'
import type { Write } from './encoding.ts'
import { assertKnownKeys, type FieldEncoding, type StructWriterParts } from './struct.ts'
import { throwTooMany } from '../wire/value-counter.ts'

/**
 * Creates a `structWriter` for one struct from source text, with a constant property and a known call for each field. The
 * engine can optimize such code for each struct, while all structs would share the profile of one loop over fields. For the
 * same reason the check for an object is written out: a call of `isObject` costs about one percent.
 */
export function generateStructWriter({ tag, hash, fields }: StructWriterParts): Write {
  const names = fields.map(({ name }) => name)
  const source = `return function write(out, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throwMismatch(expected, value)
  if ((out.fields += ${fields.length}) > out.maxValues) throwTooMany(out)
  out.u32(${hash})
  let i = 0
  let found = ${fields.length}
  let given
  try {
${fields.map(fieldSource).join('\n')}
  } catch (error) {
    throw prependSegment(error, names[i])
  }
  if (countKeys(value) > found) assertKnownKeys(value, known, tag)
}`
  const bound: Record<string, unknown> = {
    throwMismatch,
    throwTooMany,
    prependSegment,
    countKeys,
    assertKnownKeys,
    names,
    tag,
    known: new Set(names),
    expected: `an object (${tag})`,
  }
  fields.forEach((field, i) => {
    bound[`write${i}`] = field.write
    bound[`zero${i}`] = () => field.zero()
  })
  return compileFunction(source, bound) as Write
}

function fieldSource({ name, method }: FieldEncoding, i: number): string {
  const key = JSON.stringify(name)
  const member = isInherited(name) ? `Object.hasOwn(value, ${key}) ? value[${key}] : undefined` : `value[${key}]`
  const write = method === undefined ? `write${i}(out, given)` : `out.${method}(given)`
  return `    i = ${i}; given = ${member}; if (given === undefined) { given = zero${i}(); found-- } ${write}`
}
