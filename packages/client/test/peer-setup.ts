import { type CloseInfo, type NodeAddr, RpcError, StatusCode } from '@aster/rpc-core'
import { NOT_ADMITTED } from '@aster/rpc-core/protocol'
import { expect, vi } from 'vitest'
import { PeerConnection } from '../src/peer-connection.ts'
import type { PeerOptions } from '../src/peer-state.ts'
import { FakeTransport } from './fake-transport.ts'

const address = { endpointId: 'there', addresses: [] }
export const lost: CloseInfo = { by: 'network', reason: 'timed out' }
export const refused: CloseInfo = { by: 'peer', code: NOT_ADMITTED, reason: 'not admitted' }
const refusalWaitMs = 5

/** Returns a peer whose dials and admissions a test controls, under fake timers. */
export function setUp(options: Partial<PeerOptions> = {}) {
  const transport = new FakeTransport()
  const closing = new AbortController()
  const losses: string[] = []
  const paths: string[] = []
  const admissions: { settle: (outcome?: Error | NodeAddr | null) => void }[] = []
  const peer = new PeerConnection(address, {
    transport,
    connectTimeoutMs: 10_000,
    idleTimeoutMs: Infinity,
    // 1 would be the random number of the longest backoff.
    clock: { now: () => Date.now(), random: () => 0 },
    closing: closing.signal,
    resolvable: false,
    readmit: () =>
      new Promise((resolve, reject) =>
        admissions.push({
          settle: (outcome = address) => (outcome instanceof Error ? reject(outcome) : resolve(outcome ?? undefined)),
        }),
      ),
    onLost: (reason) => losses.push(reason),
    onPath: ({ kind, address }, before) => paths.push(`${before === undefined ? '' : 'then '}${kind} ${address}`),
    ...options,
  })
  const close = (): void => closing.abort(new RpcError(StatusCode.UNAVAILABLE, 'the client is closed'))
  /** Brings the peer to an open connection. */
  const open = async () => {
    const connecting = peer.connect()
    await settled()
    const connection = transport.last.succeed()
    await settled()
    // Every connection after the first is watched for a moment.
    if (peer.state !== 'ready') await vi.advanceTimersByTimeAsync(refusalWaitMs)
    const shared = await connecting
    expect(peer.state).toBe('ready')
    return { connection, shared }
  }
  return { peer, transport, losses, paths, admissions, close, open }
}

export const settled = () => vi.advanceTimersByTimeAsync(0)
export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('a failure is expected'),
    (error: unknown) => error,
  )
