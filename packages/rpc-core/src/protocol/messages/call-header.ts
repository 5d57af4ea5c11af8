import { int } from '../../schema/integer.ts'
import { list } from '../../schema/list.ts'
import { string } from '../../schema/string.ts'
import { struct } from '../../schema/struct.ts'
import type { Infer } from '../../schema/type.ts'

/** The first frame of each call within a session (flag `CALL`). */
export const CallHeader = struct(
  '_aster/CallHeader',
  {
    method: string,
    callId: string,
    /** Milliseconds since the epoch; 0 or less if there is no deadline. */
    deadlineEpochMs: int,
    metadataKeys: list(string),
    metadataValues: list(string),
  },
  { naming: 'exact' },
)
/** The value of a `CallHeader`. */
export type CallHeader = Infer<typeof CallHeader>
