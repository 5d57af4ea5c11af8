import { MemoryConnection } from './memory-connection.ts'
import { type MemoryOptions, resolveSettings } from './options.ts'

export interface MemoryPairOptions extends MemoryOptions {
  /** @default 'aster/1' */
  readonly alpn?: string
  /** The ids of the two peers. @default ['consumer', 'producer'] */
  readonly ids?: readonly [string, string]
}

/** Two ends of one connection; the first is the one that dialled. */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryConnection, MemoryConnection] {
  const { alpn = 'aster/1', ids = ['consumer', 'producer'], ...rest } = options
  return MemoryConnection.pair(ids, alpn, resolveSettings(rest))
}
