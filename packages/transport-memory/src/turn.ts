import { soon } from '@aster/rpc-core/protocol'

/** Reads, and the same in bytes, that may follow one another before everything else in the process has its turn. */
const READS = 100
const BYTES = 400_000

let used = 0

/**
 * To be called for every read, with what is there to be read. Bytes that cross no network need nothing but promises, which
 * go before timers and all else: two ends that go on for ever would leave no turn to a deadline. Now and then one has to
 * wait.
 */
export function turn(bytes: number): Promise<void> | undefined {
  used += 1 / READS + bytes / BYTES
  if (used < 1) return undefined
  used = 0
  return new Promise((resolve) => soon(resolve))
}
