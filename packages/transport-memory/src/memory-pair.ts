import { MemoryConnection } from './memory-connection.ts'
import { type MemoryOptions, resolveSettings } from './options.ts'

/** Options of `memoryPair`. */
export interface MemoryPairOptions extends MemoryOptions {
  /** The protocol of the connection. @default 'aster/1' */
  readonly alpn?: string
  /** The ids of the two peers. @default ['consumer', 'producer'] */
  readonly ids?: readonly [string, string]
}

/** Returns the two ends of a new connection, that of the dialling peer first. @throws TypeError for an option out of range */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryConnection, MemoryConnection] {
  const { alpn = 'aster/1', ids = ['consumer', 'producer'], ...rest } = options
  return MemoryConnection.pair(ids, alpn, resolveSettings(rest))
}
