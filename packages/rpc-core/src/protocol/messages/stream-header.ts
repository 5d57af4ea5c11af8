import { int } from '../../schema/integer.ts'
import { list } from '../../schema/list.ts'
import { string } from '../../schema/string.ts'
import { struct } from '../../schema/struct.ts'
import type { Infer } from '../../schema/type.ts'

/** The first frame of a stream (flag `HEADER`). If the stream is a session, `method` is empty. */
export const StreamHeader = struct(
  '_aster/StreamHeader',
  {
    service: string,
    method: string,
    version: int,
    callId: string,
    /** Milliseconds since the epoch; 0 or less if there is no deadline. */
    deadlineEpochMs: int,
    serializationMode: int,
    metadataKeys: list(string),
    metadataValues: list(string),
  },
  { naming: 'exact' },
)
/** The value of a `StreamHeader`. */
export type StreamHeader = Infer<typeof StreamHeader>
