import type { Codec } from '@aster/rpc-core'
import type { MessageFormat } from '@aster/rpc-core/protocol'

/** The format of the messages and statuses of a call. */
export interface CallFormat extends MessageFormat {
  /** Reads trailers that have another format than the messages. */
  readonly statusCodec: Codec | undefined
  /** The hint that is added to errors that may result from different definitions. A function is called for each such error. */
  readonly mismatchHint: string | (() => string | undefined) | undefined
}
