import { within } from '../wire/failure.ts'
import { functionFrom } from '../layout/compile-function.ts'
import type { Read } from './decoding.ts'
import { type FieldReader, refuseHash, type StructShape } from './struct.ts'

/** `structReader` as source text made for one struct: the object is a literal, with all its members at once. */
export function generateStructReader({ tag, hash, fields, names }: StructShape): Read {
  const source = `return function read(input) {
  if (input.i32() !== ${hash}) refuseHash(input, tag, ${hash})
  let i = 0
  try {
${fields.map(fieldSource).join('\n')}
    return { ${names.map((name) => `${JSON.stringify(name)}: field${fields.findIndex((field) => field.name === name)}`).join(', ')} }
  } catch (error) {
    throw within(error, wireOrder[i])
  }
}`
  const bound: Record<string, unknown> = { within, refuseHash, tag, wireOrder: fields.map(({ name }) => name) }
  fields.forEach((field, i) => {
    bound[`read${i}`] = field.read
  })
  return functionFrom(source, bound) as Read
}

function fieldSource({ method }: FieldReader, i: number): string {
  return `    i = ${i}; const field${i} = ${method === undefined ? `read${i}(input)` : `input.${method}()`}`
}
