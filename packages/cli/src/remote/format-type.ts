import type { MethodDescription, TypeDescription } from '@aster/client'
import { formatCell } from '../output/escape.ts'

/** Formats a type for people, without control characters: `list<optional<Point>>`. */
export function formatType(type: TypeDescription, depth = 0): string {
  if (depth > 20) return '…'
  const inner = (part: TypeDescription): string => formatType(part, depth + 1)
  switch (type.kind) {
    case 'optional':
      return `${inner(type.inner)}?`
    case 'list':
    case 'set':
      return `${type.kind}<${inner(type.element)}>`
    case 'record':
      return `map<string, ${inner(type.value)}>`
    case 'map':
      return `map<${inner(type.key)}, ${inner(type.value)}>`
    case 'struct':
    case 'enum':
      return formatCell(type.name)
    case 'any':
      return 'any'
    default:
      return type.kind
  }
}

/** The kinds of methods, as the command line names them. */
export const KINDS = {
  unary: 'unary',
  serverStream: 'server-stream',
  clientStream: 'client-stream',
  bidiStream: 'bidi-stream',
} as const satisfies Record<MethodDescription['kind'], string>

/** Formats the types of a method: `(stream Ask) → Answer`. */
export function formatSignature({ kind, request, response }: MethodDescription): string {
  const takesStream = kind === 'clientStream' || kind === 'bidiStream'
  const returnsStream = kind === 'serverStream' || kind === 'bidiStream'
  return `(${takesStream ? 'stream ' : ''}${formatType(request)}) → ${returnsStream ? 'stream ' : ''}${formatType(response)}`
}
