import { closeError } from '@aster/rpc-core/protocol'
import { FinishChecks } from '../src/number0/finish-checks.ts'
import { streamError } from '../src/number0/native-error.ts'
import { NativeHalves } from '../src/number0/native-halves.ts'
import type { StreamContext } from '../src/number0/send-half.ts'

/** Returns the context of halves over `@number0/iroh` whose connection does nothing. */
export function streamContext(): StreamContext {
  return {
    errorOf: streamError,
    finishes: new FinishChecks(),
    reads: { pending: 0, activity: 0 },
    endHalf() {},
    endError: () => closeError({ by: 'local', code: 0, reason: '' }),
    natives: new NativeHalves(),
  }
}
