import type { NativeConnection, PathSnapshot } from './native.ts'

/** A way that packets take to a peer. */
export interface IrohPath {
  /** Through a relay, or between the sockets of the two peers. */
  readonly kind: 'direct' | 'relay'
  /** The URL of the relay, or the peer's `ip:port`. */
  readonly address: string
  /** The round-trip time, in milliseconds. */
  readonly rttMs: number
  /** Whether the connection uses this path now. */
  readonly selected: boolean
}

/** Returns the open paths of a connection, the one in use first. */
export function pathsOf(native: Pick<NativeConnection, 'paths'>): readonly IrohPath[] {
  return native
    .paths()
    .map(toPath)
    .sort((a, b) => Number(b.selected) - Number(a.selected))
}

function toPath({ isRelay, remoteAddr, rttMs, isSelected }: PathSnapshot): IrohPath {
  return { kind: isRelay ? 'relay' : 'direct', address: remoteAddr, rttMs, selected: isSelected }
}
