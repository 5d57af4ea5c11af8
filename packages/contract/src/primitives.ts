import type { WireType } from '@aster/rpc-core/schema'

/**
 * The contract's name of a primitive; `undefined` for every other kind. Python has no more than these five: what it
 * annotates as `pyfory.int32`, `datetime` or an enum is `any` in its contracts.
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
