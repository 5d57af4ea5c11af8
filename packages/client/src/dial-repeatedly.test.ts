import type { Connection } from '@aster/rpc-core'
import { onAbort } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeConnection, FakeTransport } from '../test/fake-transport.ts'
import { dialRepeatedly } from './dial-repeatedly.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

function setUp() {
  const transport = new FakeTransport()
  const controller = new AbortController()
  const address = { endpointId: 'there', addresses: [] }
  const dialled = dialRepeatedly((signal) => transport.connect(address, { alpn: 'x', signal }), controller.signal)
  dialled.catch(() => {})
  const { dials } = transport
  return { dialled, dials, controller, running: () => dials.filter(({ aborted }) => !aborted).length }
}

it('dials once if the answer comes soon', async () => {
  const { dialled, dials } = setUp()
  await pass(1_999)
  const connection = dials[0]?.succeed()
  expect(await dialled).toEqual({ connection, tookMs: 1_999 })
  expect([dials.length, vi.getTimerCount()]).toEqual([1, 0])
})

it('starts another dial every 2 s, three at most', async () => {
  const { dials } = setUp()
  const counts = []
  for (const ms of [1_999, 1, 1_999, 1, 4_000, 3_600_000]) {
    await pass(ms)
    counts.push(dials.length)
  }
  expect(counts).toEqual([1, 2, 2, 3, 3, 3])
})

it('returns the first connection, cancels the other dials, and closes connections that they return late', async () => {
  const late: FakeConnection[] = []
  const stubborn = (): Promise<Connection> =>
    new Promise((resolve) =>
      setTimeout(() => {
        const connection = new FakeConnection('there')
        late.push(connection)
        resolve(connection)
      }, 30_000),
    )
  let resolve = (_connection: Connection): void => {}
  const second = new Promise<Connection>((settle) => (resolve = settle))
  const signals: AbortSignal[] = []
  const dialled = dialRepeatedly((signal) => {
    signals.push(signal)
    return signals.length === 2 ? second : stubborn()
  }, new AbortController().signal)
  await pass(5_000)
  const connection = new FakeConnection('there')
  resolve(connection)
  expect(await dialled).toEqual({ connection, tookMs: 3_000 })
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true])
  await pass(60_000)
  expect(late.map(({ info }) => info?.by)).toEqual(['local', 'local'])
  expect([connection.info, signals.length, vi.getTimerCount()]).toEqual([undefined, 3, 0])
})

it('fails with the first dial that the peer answers with a failure, and cancels the others', async () => {
  const { dialled, dials, running } = setUp()
  await pass(2_500)
  dials[1]?.fail('another one answers')
  await expect(dialled).rejects.toThrow('another one answers')
  expect([running(), vi.getTimerCount()]).toEqual([0, 0])
})

it('replaces a dial that met a time limit of the transport', async () => {
  const { dialled, dials } = setUp()
  await pass(30_000)
  dials[0]?.fail('timed out')
  await pass(0)
  expect(dials).toHaveLength(4)
  await pass(2_000)
  dials[1]?.fail('timed out')
  await pass(0)
  expect(dials).toHaveLength(5)
  const connection = dials[4]?.succeed()
  expect(await dialled).toEqual({ connection, tookMs: 0 })
  expect(vi.getTimerCount()).toBe(0)
})

it('ends with the reason of the signal, even if the transport ignores the signal', async () => {
  const controller = new AbortController()
  const dialled = dialRepeatedly(() => new Promise(() => {}), controller.signal)
  dialled.catch(() => {})
  await pass(5_000)
  controller.abort(new Error('enough'))
  await expect(dialled).rejects.toThrow('enough')
  expect(vi.getTimerCount()).toBe(0)
})

it('removes its listener from the signal', async () => {
  const { signal } = new AbortController()
  const spies = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')]
  await dialRepeatedly(async (ended) => {
    onAbort(ended, () => {})
    return new FakeConnection('there')
  }, signal)
  expect(spies.map((spy) => spy.mock.calls.length)).toEqual([1, 1])
})

it('does not dial if the signal has aborted, and rethrows the error of a transport', async () => {
  const connect = vi.fn<() => Promise<Connection>>(() => {
    throw new Error('no such address')
  })
  await expect(dialRepeatedly(connect, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  expect(connect).not.toHaveBeenCalled()
  await expect(dialRepeatedly(connect, new AbortController().signal)).rejects.toThrow('no such address')
  expect(vi.getTimerCount()).toBe(0)
})
