import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PathSnapshot } from './native.ts'
import { PathWatch } from './path-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const path = { remoteAddr: '10.0.0.1:9' } as PathSnapshot

function setUp() {
  const state: { paths: PathSnapshot[] } = { paths: [path] }
  const onLost = vi.fn<() => void>()
  const native = { rtt: () => (state.paths.length === 0 ? null : 1), paths: () => state.paths }
  return { state, onLost, native, watch: new PathWatch(native, onLost) }
}

it('reports a connection without a path for 4 s once', () => {
  const { state, onLost } = setUp()
  vi.advanceTimersByTime(60_000)
  state.paths = []
  vi.advanceTimersByTime(3_500)
  expect(onLost).not.toHaveBeenCalled()
  vi.advanceTimersByTime(500)
  expect(onLost).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

it('starts again with each path', () => {
  const { state, onLost, watch } = setUp()
  for (let i = 0; i < 10; i++) {
    state.paths = []
    vi.advanceTimersByTime(3_500)
    state.paths = [path]
    vi.advanceTimersByTime(500)
  }
  expect(onLost).not.toHaveBeenCalled()
  watch.stop()
  expect(vi.getTimerCount()).toBe(0)
})

it('accepts a path without a known round-trip time', () => {
  const onLost = vi.fn<() => void>()
  const watch = new PathWatch({ rtt: () => null, paths: () => [path] }, onLost)
  vi.advanceTimersByTime(60_000)
  expect(onLost).not.toHaveBeenCalled()
  watch.stop()
})

it('makes senders wait until there is a path or the connection is gone', async () => {
  const { state, watch } = setUp()
  expect(watch.isOut).toBe(false)
  for (const end of [() => (state.paths = [path]), () => watch.stop()]) {
    state.paths = []
    vi.advanceTimersByTime(500)
    expect(watch.isOut).toBe(true)
    const told: string[] = []
    const waiting = [1, 2].map(() => watch.untilBack().then(() => told.push('back')))
    await vi.advanceTimersByTimeAsync(500)
    expect(told).toEqual([])
    end()
    await vi.advanceTimersByTimeAsync(500)
    await Promise.all(waiting)
    expect(watch.isOut).toBe(false)
  }
})

it('survives a failure of the addon, which becomes a process warning', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const onLost = vi.fn<() => void>()
  const rtt = (): never => {
    throw new Error('the driver died')
  }
  const watch = new PathWatch({ rtt, paths: () => [path] }, onLost)
  vi.advanceTimersByTime(60_000)
  expect(onLost).not.toHaveBeenCalled()
  expect(emitWarning.mock.calls).toEqual([[expect.stringContaining('the driver died'), expect.anything()]])
  watch.stop()
  emitWarning.mockRestore()
})
