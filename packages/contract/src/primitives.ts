import type { WireType } from '@aster/rpc-core/schema'

/**
 * Returns the contract's name of a primitive; `undefined` for every other kind, which is `any` in a contract (quirk 44 of
 * docs/python-0.1.md).
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
