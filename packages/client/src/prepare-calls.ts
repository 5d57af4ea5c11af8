import { contractId } from '@aster/contract'
import { ReflectionService } from '@aster/reflection'
import type { Codec } from '@aster/rpc-core'
import { decodeStatus, OK_STATUS, RpcStatus, runGuarded, runNeutral, StreamHeader } from '@aster/rpc-core/protocol'

/** Each step takes 1 to 3 ms in a new process, most of them for the compilation of code that every first call runs. */
const steps: readonly ((codec: Codec) => unknown)[] = [
  (codec) => codec.encode(StreamHeader, { ...HEADER, serializationMode: codec.mode }),
  (codec) => decodeStatus(codec.encode(RpcStatus, OK_STATUS), codec, undefined),
  () => contractId(ReflectionService),
]

const HEADER: Omit<StreamHeader, 'serializationMode'> = {
  service: 'a',
  method: 'a',
  version: 1,
  callId: 'a',
  deadlineEpochMs: 0,
  metadataKeys: [],
  metadataValues: [],
}

let isPrepared = false

/**
 * Prepares the first call of this process, while the process waits for the network. Runs one step in each turn of the event loop,
 * so that an event waits for one step at most. Further calls do nothing.
 */
export function prepareCalls(codec: Codec): void {
  if (isPrepared) return
  isPrepared = true
  runNeutral(() => setImmediate(runStep, 0, codec))
}

function runStep(index: number, codec: Codec): void {
  const step = steps[index]
  if (step === undefined) return
  // The same failure ends the first call, which reports it.
  runGuarded(
    () => void step(codec),
    () => {},
  )
  setImmediate(runStep, index + 1, codec)
}
