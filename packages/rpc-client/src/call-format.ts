import type { Codec } from '@aster/rpc-core'
import type { MessageFormat } from '@aster/rpc-core/protocol'

/** How the messages and the statuses of a call are written. */
export interface CallFormat extends MessageFormat {
  /** Reads trailers that are not in the format of the messages. */
  readonly statusCodec: Codec | undefined
  /** Added to errors that may come of definitions that differ. */
  readonly mismatchHint: string | (() => string | undefined) | undefined
}
