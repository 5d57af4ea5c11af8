import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { allowedSilence, Liveness } from './liveness.ts'
import type { PathSnapshot } from './native.ts'

/** Returns a connection that counts packets. A peer that is alive acknowledges every datagram. */
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

  it('reports a peer that acknowledges nothing while a read waits', () => {
    const { native } = connection({ alive: false })
    const gone = vi.fn<(ms: number) => void>()
    void new Liveness(native, { pending: 1, activity: 0 }, () => 2_000, gone)
    vi.advanceTimersByTime(20_000)
    expect(gone).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never reports a peer that sends nothing but acknowledgements', () => {
    const { native, state } = connection()
    const gone = vi.fn<(ms: number) => void>()
    const liveness = new Liveness(native, { pending: 1, activity: 0 }, () => 2_000, gone)
    vi.advanceTimersByTime(600_000)
    expect(gone).not.toHaveBeenCalled()
    expect(state.datagrams).toBeGreaterThan(0)
    liveness.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sends nothing while no read waits, or while bytes arrive', () => {
    const { native, state } = connection()
    const reads = { pending: 0, activity: 0 }
    const liveness = new Liveness(
      native,
      reads,
      () => 2_000,
      () => {},
    )
    vi.advanceTimersByTime(60_000)
    reads.pending = 1
    for (let i = 0; i < 100; i++) {
      reads.activity++
      vi.advanceTimersByTime(500)
    }
    expect(state.datagrams).toBe(0)
    liveness.stop()
  })

  it('allows the given silence, without a limit if it is Infinity', () => {
    for (const allowed of [2_000, 15_000, 30_000]) {
      const { native } = connection({ alive: false })
      const gone = vi.fn<(ms: number) => void>()
      void new Liveness(native, { pending: 1, activity: 0 }, () => allowed, gone)
      vi.advanceTimersByTime(allowed)
      expect(gone).not.toHaveBeenCalled()
      vi.advanceTimersByTime(2_000)
      expect(gone).toHaveBeenCalledTimes(1)
      expect(gone.mock.calls[0]?.[0]).toBeGreaterThanOrEqual(allowed)
    }
    const { native } = connection({ alive: false })
    const gone = vi.fn<(ms: number) => void>()
    const liveness = new Liveness(native, { pending: 1, activity: 0 }, () => Infinity, gone)
    vi.advanceTimersByTime(3_600_000)
    expect(gone).not.toHaveBeenCalled()
    liveness.stop()
  })

  it('starts again after a pause of its own process', () => {
    const { native } = connection({ alive: false })
    const gone = vi.fn<(ms: number) => void>()
    void new Liveness(native, { pending: 1, activity: 0 }, () => 2_000, gone)
    vi.advanceTimersByTime(1_500)
    // The process is suspended: time passes, but no timer runs.
    const clock = performance.now()
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock + 60_500)
    vi.advanceTimersByTime(500)
    spy.mockRestore()
    expect(gone).not.toHaveBeenCalled()
  })

  it('sends no datagrams if the peer accepts none', () => {
    const { native } = connection({ alive: false })
    native.sendDatagram = () => {
      throw new Error('datagrams are not supported')
    }
    const gone = vi.fn<(ms: number) => void>()
    void new Liveness(native, { pending: 1, activity: 0 }, () => 2_000, gone)
    vi.advanceTimersByTime(5_000)
    expect(gone).toHaveBeenCalledTimes(1)
  })
})

describe('the silence that is allowed by default', () => {
  const path = (remoteAddr: string, isSelected = true, isIp = true): PathSnapshot =>
    ({ remoteAddr, isSelected, isIp, isRelay: !isIp }) as PathSnapshot
  const native = (paths: PathSnapshot[], rtt = 0) => ({ paths: () => paths, rtt: () => rtt })

  it.each([
    ['loopback', native([path('127.0.0.1:9')]), 2_000],
    ['loopback, IPv6', native([path('[::1]:9')]), 2_000],
    ['loopback of a busy machine', native([path('127.0.0.1:9')], 100), 6_000],
    ['loopback of a very busy machine', native([path('127.0.0.1:9')], 5_000), 10_000],
    ['the network', native([path('192.168.1.7:9')]), 15_000],
    ['a relay', native([path('https://relay.example/', true, false)]), 15_000],
    ['a loopback path beside the one in use', native([path('127.0.0.1:9', false), path('10.0.0.1:9')]), 20_000],
    ['the network beside a relay', native([path('10.0.0.1:9'), path('https://relay.example/', false, false)]), 20_000],
    ['loopback beside a relay', native([path('127.0.0.1:9'), path('https://relay.example/', false, false)]), 2_000],
    ['no path', native([]), 15_000],
  ])('over %s', (_, connection, expected) => {
    expect(allowedSilence(connection, 15_000)).toBe(expected)
  })

  it('is not less over several paths than over one', () => {
    const several = native([path('10.0.0.1:9'), path('https://relay.example/', false, false)])
    expect(allowedSilence(several, 30_000)).toBe(30_000)
  })
})
