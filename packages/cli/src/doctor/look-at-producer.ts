import { AdmissionDeniedError, type AsterClient, ProducerIdentityError, StatusCode, RpcError } from '@aster/client'
import { errorMessage } from '@aster/rpc-core/schema'
import { openPing } from '../commands/ping.ts'
import { formatMs } from '../remote/latencies.ts'
import type { Finding } from './finding.ts'

/** Milliseconds to wait for the answer of the producer. */
const PING_MS = 5_000

/** Connects to the producer and makes a call that has no effect. */
export async function lookAtProducer(
  open: () => Promise<AsterClient>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const began = performance.now()
  let client: AsterClient
  try {
    client = await open()
  } catch (error) {
    if (signal.aborted) throw error
    return [connectFinding(error)]
  }
  try {
    const { services, producer } = client
    const took = formatMs(performance.now() - began)
    const admitted: Finding = {
      name: 'producer',
      state: 'ok',
      found: `${producer.endpointId} admits this consumer, in ${took}, and offers ${services.length} services`,
    }
    if (services.length === 0) return [admitted]
    return [admitted, await lookAtCalls(client, signal)]
  } finally {
    await client.close()
  }
}

async function lookAtCalls(client: AsterClient, signal: AbortSignal): Promise<Finding> {
  try {
    const ping = await openPing(client, PING_MS, signal)
    const began = performance.now()
    await ping()
    return { name: 'calls', state: 'ok', found: `answered in ${formatMs(performance.now() - began)}` }
  } catch (error) {
    if (signal.aborted) throw error
    const isDenied = error instanceof RpcError && error.code === StatusCode.PERMISSION_DENIED
    const remedy = isDenied
      ? 'ask for a credential with the roles that the service requires: aster enroll consumer --capabilities'
      : 'look at the log of the producer, and whether its address for calls can be reached from here'
    return { name: 'calls', state: 'bad', found: errorMessage(error), remedy }
  }
}

function connectFinding(error: unknown): Finding {
  const found = errorMessage(error)
  if (error instanceof AdmissionDeniedError)
    return {
      name: 'producer',
      state: 'bad',
      found,
      remedy:
        'get a credential from whoever keeps the root key of the producer: aster enroll consumer; then pass it by --identity or --credential',
    }
  if (error instanceof ProducerIdentityError)
    return {
      name: 'producer',
      state: 'bad',
      found,
      remedy:
        'correct ASTER_ROOT_PUBKEY if the root key of the producer was replaced on purpose; else do not trust this address',
    }
  return {
    name: 'producer',
    state: 'bad',
    found,
    remedy:
      'look whether the producer runs, whether this is its address of today (a restart may change it), and whether UDP gets through to it',
  }
}
