import { compileFunction } from '../layout/compile-function.ts'
import { prependSegment } from '../wire/failure.ts'
import type { Read } from './decoding.ts'
import { type FieldDecoding, type StructReaderParts, throwHashMismatch } from './struct.ts'
import { throwTooMany } from '../wire/value-counter.ts'

/** Creates a `structReader` for one struct from source text. The object is a literal that has all its members at once. */
export function generateStructReader({ tag, hash, fields, names }: StructReaderParts): Read {
  const members = names.map(
    (name) => `${JSON.stringify(name)}: field${fields.findIndex((field) => field.name === name)}`,
  )
  const source = `return function read(input) {
  if (input.i32() !== ${hash}) throwHashMismatch(input, tag, ${hash})
  if ((input.fields += ${fields.length}) > input.maxValues) throwTooMany(input)
  let i = 0
  try {
${fields.map(fieldSource).join('\n')}
    return { ${members.join(', ')} }
  } catch (error) {
    throw prependSegment(error, wireOrder[i])
  }
}`
  const bound: Record<string, unknown> = {
    prependSegment,
    throwHashMismatch,
    throwTooMany,
    tag,
    wireOrder: fields.map(({ name }) => name),
  }
  fields.forEach((field, i) => {
    bound[`read${i}`] = field.read
  })
  return compileFunction(source, bound) as Read
}

function fieldSource({ method }: FieldDecoding, i: number): string {
  return `    i = ${i}; const field${i} = ${method === undefined ? `read${i}(input)` : `input.${method}()`}`
}
