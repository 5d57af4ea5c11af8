import type { WireType } from '@aster/rpc-core/schema'

/**
 * Returns the name of a primitive in a contract, or `undefined` for any other kind. Python's contracts have only these five
 * primitives: a field annotated as `pyfory.int32`, `datetime` or an enum is `any`. See quirk 44 of docs/python-0.1.md.
 */
export function primitiveName(kind: WireType['kind']): string | undefined {
  switch (kind) {
    case 'string':
    case 'bool':
    case 'float64':
    case 'int64':
      return kind
    case 'int':
      return 'int64'
    case 'bytes':
      return 'binary'
    default:
      return undefined
  }
}
