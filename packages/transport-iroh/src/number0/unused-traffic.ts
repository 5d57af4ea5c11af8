import type { NativeConnection } from './native.ts'

/** Milliseconds of a window in which datagrams are counted. */
const WINDOW_MS = 10_000
/** Datagrams allowed in one window: `Liveness` sends two a second, and several may arrive together after an outage. */
const MAX_DATAGRAMS = 200

type Watched = Pick<NativeConnection, 'acceptUni' | 'readDatagram'>

/**
 * Watches a connection for traffic that this transport does not use: QUIC lets the peer open 100 unidirectional streams
 * with 1.25 MB each, and queues any number of empty datagrams. The peer's first unidirectional stream is a violation.
 * Datagrams are read and dropped, since `Liveness` of the peer sends some; more than 200 within ten seconds are a
 * violation.
 *
 * The watch ends with the connection, or at the first violation. Never throws.
 *
 * @param onViolation called with a description of the violation, at most twice
 */
export function watchUnusedTraffic(native: Watched, onViolation: (reason: string) => void): void {
  native.acceptUni().then(
    () => onViolation('a unidirectional stream was opened; expected bidirectional streams only'),
    // The connection is gone.
    () => {},
  )
  void dropDatagrams(native, onViolation)
}

async function dropDatagrams(native: Watched, onViolation: (reason: string) => void): Promise<void> {
  let [count, since] = [0, performance.now()]
  try {
    while (count <= MAX_DATAGRAMS) {
      await native.readDatagram()
      const now = performance.now()
      if (now - since > WINDOW_MS) [count, since] = [0, now]
      count++
    }
  } catch {
    // The connection is gone.
    return
  }
  onViolation(`more than ${MAX_DATAGRAMS} datagrams were sent within ${WINDOW_MS} ms`)
}
