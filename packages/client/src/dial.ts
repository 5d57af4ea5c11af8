import { type Connection, type NodeAddr, RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { deadlineSignal, epochNow } from '@aster/rpc-core/protocol'
import { type Dialled, dialRepeatedly } from './dial-repeatedly.ts'
import { errorMessage, listPrintable } from '@aster/rpc-core/schema'
import { explainDial } from './explain-dial.ts'
import { RelayProbe } from './relay-probe.ts'
import { ownRelayState } from './relays.ts'

/** The options of `dial`. */
export interface DialOptions {
  readonly alpn: string
  /** Milliseconds for the whole attempt. */
  readonly timeoutMs: number
  /**
   * Cancels the attempt with the signal's reason.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined
}

/** The errors of attempts that took too long. */
const timeouts = new WeakSet<object>()

/** Returns true if an error of `dial` means a timeout, and not an answer of the peer or the transport. */
export function isDialTimeout(error: unknown): boolean {
  return error instanceof RpcError && typeof error.cause === 'object' && timeouts.has(error.cause as object)
}

/**
 * Connects to an address, with further dials while the first one runs: see `dialRepeatedly`. If half of the time has passed and
 * the address has a relay, checks whether the relay answers, so that the error can name the cause.
 *
 * @throws RpcError `UNAVAILABLE` with the address if the attempt fails or takes longer than `timeoutMs`
 * @throws the reason of `signal` if that aborts
 */
export async function dial(
  transport: Transport,
  address: NodeAddr,
  { alpn, timeoutMs, signal }: DialOptions,
): Promise<Dialled> {
  const timed = deadlineSignal(epochNow() + timeoutMs, signal, {
    error() {
      const error = new RpcError(StatusCode.UNAVAILABLE, `no answer within ${Math.round(timeoutMs)} ms`)
      timeouts.add(error)
      return error
    },
  })
  const connect = (ended: AbortSignal): Promise<Connection> => transport.connect(address, { alpn, signal: ended })
  const probe = probeRelay(transport, address, timeoutMs / 2)
  try {
    return await dialRepeatedly(connect, timed.signal)
  } catch (error) {
    if (signal?.aborted === true) throw error
    const unanswered = timed.signal.aborted || isIdAlone(address)
    const hint = unanswered ? explainDial(transport, address, probe?.finding) : undefined
    const reason = hint === undefined ? errorMessage(error) : `${errorMessage(error)}; ${hint}`
    const text = `cannot reach the producer ${formatAddress(address)}: ${reason}`
    throw new RpcError(StatusCode.UNAVAILABLE, text, { cause: error })
  } finally {
    probe?.stop()
    timed.cleanup()
  }
}

function probeRelay(transport: Transport, { relayUrl }: NodeAddr, delayMs: number): RelayProbe | undefined {
  if (relayUrl === undefined) return undefined
  const own = ownRelayState(transport)
  if (own === undefined || own === 'disabled') return undefined
  return new RelayProbe(relayUrl, delayMs)
}

function isIdAlone({ addresses, relayUrl }: NodeAddr): boolean {
  return addresses.length === 0 && relayUrl === undefined
}

function formatAddress({ endpointId, addresses, relayUrl }: NodeAddr): string {
  const paths = [...addresses, ...(relayUrl === undefined ? [] : [relayUrl])]
  return `${endpointId} (${paths.length === 0 ? 'no address known' : listPrintable(paths)})`
}
