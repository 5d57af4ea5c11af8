import { soon } from '@aster/rpc-core/protocol'

/** How long reads may follow one another before everything else in the process has its turn. */
const SLICE_MS = 10
/** A look at the clock for so many reads. */
const READS = 16

let reads = 0
let last = performance.now()

/**
 * To be called for every read. Bytes that cross no network need nothing but promises, which go before timers and all
 * else: two ends that go on for ever would leave no turn to a deadline. Now and then a read has to wait.
 */
export function turn(): Promise<void> | undefined {
  reads = (reads + 1) % READS
  if (reads !== 0 || performance.now() - last < SLICE_MS) return undefined
  return new Promise((resolve) => {
    soon(() => {
      last = performance.now()
      resolve()
    })
  })
}
