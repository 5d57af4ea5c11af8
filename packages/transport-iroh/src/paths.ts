import type { ConnectionPath } from '@aster/rpc-core'
import type { NativeConnection, PathSnapshot } from './native.ts'

export type { ConnectionPath as IrohPath } from '@aster/rpc-core'

/** Returns the open paths of a connection, the one in use first. */
export function pathsOf(native: Pick<NativeConnection, 'paths'>): readonly ConnectionPath[] {
  return native
    .paths()
    .map(toPath)
    .sort((a, b) => Number(b.selected) - Number(a.selected))
}

function toPath({ isRelay, remoteAddr, rttMs, isSelected }: PathSnapshot): ConnectionPath {
  return { kind: isRelay ? 'relay' : 'direct', address: remoteAddr, rttMs, selected: isSelected }
}
