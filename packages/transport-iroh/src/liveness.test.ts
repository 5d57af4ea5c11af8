import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Liveness } from './liveness.ts'

/** A connection that counts packets; a peer that lives acknowledges every datagram. */
function connection({ alive = true, rtt = 0 } = {}) {
  const state = { alive, received: 0, datagrams: 0 }
  const native = {
    stats: () => ({
      udpTxDatagrams: 0,
      udpTxBytes: 0,
      udpRxDatagrams: state.received,
      udpRxBytes: 0,
      lostPackets: 0,
      lostBytes: 0,
    }),
    rtt: () => rtt,
    sendDatagram() {
      state.datagrams++
      if (state.alive) state.received++
    },
  }
  return { state, native }
}

describe('Liveness', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('gives up on a peer that acknowledges nothing while somebody waits', () => {
    const { native } = connection({ alive: false })
    const gone = vi.fn<(ms: number) => void>()
    void new Liveness(native, { pending: 1, activity: 0 }, gone)
    vi.advanceTimersByTime(20_000)
    expect(gone).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never gives up on a peer that says nothing and acknowledges', () => {
    const { native, state } = connection()
    const gone = vi.fn<(ms: number) => void>()
    const liveness = new Liveness(native, { pending: 1, activity: 0 }, gone)
    vi.advanceTimersByTime(600_000)
    expect(gone).not.toHaveBeenCalled()
    expect(state.datagrams).toBeGreaterThan(0)
    liveness.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sends nothing while nobody waits, or while bytes come', () => {
    const { native, state } = connection()
    const reads = { pending: 0, activity: 0 }
    const liveness = new Liveness(native, reads, () => {})
    vi.advanceTimersByTime(60_000)
    reads.pending = 1
    for (let i = 0; i < 100; i++) {
      reads.activity++
      vi.advanceTimersByTime(500)
    }
    expect(state.datagrams).toBe(0)
    liveness.stop()
  })

  it('is patient with a peer that is far away, up to a limit', () => {
    for (const [rtt, least, most] of [
      [0, 2_000, 4_000],
      [100, 6_000, 8_000],
      [5_000, 10_000, 12_000],
    ] as const) {
      const { native } = connection({ alive: false, rtt })
      const gone = vi.fn<(ms: number) => void>()
      void new Liveness(native, { pending: 1, activity: 0 }, gone)
      vi.advanceTimersByTime(least)
      expect(gone).not.toHaveBeenCalled()
      vi.advanceTimersByTime(most - least)
      expect(gone).toHaveBeenCalledTimes(1)
    }
  })

  it('does without datagrams where the peer takes none', () => {
    const { native } = connection({ alive: false })
    native.sendDatagram = () => {
      throw new Error('datagrams are not supported')
    }
    const gone = vi.fn<(ms: number) => void>()
    void new Liveness(native, { pending: 1, activity: 0 }, gone)
    vi.advanceTimersByTime(5_000)
    expect(gone).toHaveBeenCalledTimes(1)
  })
})
