import type { ConnectionPath } from '@aster/rpc-core'

export type { ConnectionPath as IrohPath } from '@aster/rpc-core'

/** A path as both bindings describe it. */
interface KnownPath {
  readonly isRelay: boolean
  readonly remoteAddr: string
  readonly rttMs: number
  readonly isSelected: boolean
}

/** Returns open paths in the form of `ConnectionPath`, the one in use first. */
export function toPaths(known: readonly KnownPath[]): readonly ConnectionPath[] {
  return known.map(toPath).sort((a, b) => Number(b.selected) - Number(a.selected))
}

function toPath({ isRelay, remoteAddr, rttMs, isSelected }: KnownPath): ConnectionPath {
  return { kind: isRelay ? 'relay' : 'direct', address: remoteAddr, rttMs, selected: isSelected }
}
