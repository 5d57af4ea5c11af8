// Deadlines and the time limit of handlers. The error names the limit that ended the call.
import { type MethodKind, StatusCode } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  allCalls,
  type Answer,
  type Handler,
  isStreamed,
  Pair,
  patterns,
  readAnswer,
  recordedLog,
  type Scope,
  scopes,
} from './patterns.ts'
import { json } from './raw-frames.ts'

const { DEADLINE_EXCEEDED } = StatusCode
const YEAR_MS = 365 * 86_400_000
const item = { text: 'one', count: 1 }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Runs all pending work that does not wait for a timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Returns the deadline that a consumer sends, in whole milliseconds. */
const inMs = (ms: number): number => Math.trunc(epochNow()) + ms

describe('a deadline that had passed on arrival', () => {
  it.each(allCalls)('says by how much, and to compare the clocks: %s, %s, %s', async (kind, scope, _format, codec) => {
    const handler = vi.fn<Handler>()
    const pair = new Pair(handler)
    const { status } = await pair.call(kind, scope, codec, { deadlineEpochMs: inMs(-2_000) })
    expect(status).toMatchObject({
      code: DEADLINE_EXCEEDED,
      message: expect.stringMatching(/^the deadline had passed by 200[01] ms on arrival; compare the clocks/),
    })
    expect(handler).not.toHaveBeenCalled()
    await pair.close()
  })

  it('is logged once for each peer, even if the peer makes several connections', async () => {
    const { lines, logger } = recordedLog()
    for (const id of ['ann', 'bob', 'ann']) {
      const pair = new Pair(() => item, { logger, peer: { id, attributes: {} } })
      for (const [kind, scope] of patterns) await pair.call(kind, scope, json, { deadlineEpochMs: 1 })
      await pair.close()
    }
    const warning = expect.stringMatching(/^warn the deadline had passed by \d+ ms on arrival; compare the clocks/)
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([warning, warning])
  })

  it.each(scopes)('differs from a deadline that passed while the call waited for its turn: %s', async (scope) => {
    const { lines, logger } = recordedLog()
    let release = (_response: object): void => {}
    const handler: Handler = () => new Promise((resolve) => (release = resolve))
    const pair = new Pair(handler, { logger, maxConcurrentStreams: 1 })
    const first = await pair.start('unary', 'shared')
    await first.finish()
    await settle()
    const waiting = pair.call('unary', scope, json, { deadlineEpochMs: inMs(100) })
    await settle()
    vi.advanceTimersByTime(300)
    release(item)
    expect(await readAnswer(first, true, json)).toMatchObject({ responses: [item] })
    expect((await waiting).status).toMatchObject({
      code: DEADLINE_EXCEEDED,
      message: expect.stringMatching(/^the deadline had passed by 20\d ms when the call's turn came: .*maxConcurrent/),
    })
    expect(lines).toEqual([])
    const { status } = await pair.call('unary', scope, json, { deadlineEpochMs: 1 })
    expect(status?.message).toMatch(/on arrival; compare the clocks/)
    await pair.close()
  })
})

/** A call whose handler runs until its signal aborts. */
interface Running {
  readonly kind: MethodKind
  readonly scope: Scope
  answer: Answer | undefined
}

/** Starts a call of every pattern, each on a connection of its own. */
async function startAll(
  options: ConstructorParameters<typeof Pair>[1],
  deadlineMs?: number,
): Promise<{ calls: Running[]; deadlines: unknown[]; close: () => Promise<unknown> }> {
  const deadlines: unknown[] = []
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  const handlers: Record<string, Handler> = {
    single: (_request, { signal }) => untilAborted(signal),
    async *streamed(_request, { signal }) {
      await untilAborted(signal)
      yield item
    },
  }
  const pairs = patterns.map(([kind, scope]) => {
    const handler: Handler = (request, context) => {
      deadlines.push(context.deadline)
      return handlers[isStreamed(kind) ? 'streamed' : 'single']?.(request, context)
    }
    const pair = new Pair(handler, options)
    const call: Running = { kind, scope, answer: undefined }
    const fields = deadlineMs === undefined ? {} : { deadlineEpochMs: inMs(deadlineMs) }
    const ended = pair.call(kind, scope, json, fields).then((answer) => (call.answer = answer))
    return { call, pair, ended }
  })
  await settle()
  return {
    calls: pairs.map(({ call }) => call),
    deadlines,
    close: () => Promise.all(pairs.map(({ pair }) => pair.close())),
  }
}

const ended = (calls: readonly Running[]): Running[] => calls.filter(({ answer }) => answer !== undefined)
const messages = (calls: readonly Running[]): unknown[] =>
  ended(calls).map(({ kind, scope, answer }) => [kind, scope, answer?.status?.code, answer?.status?.message])

describe('the time of a handler', () => {
  it('is limited to 300 s for single responses, and unlimited for streams', async () => {
    const { calls, deadlines, close } = await startAll({})
    expect(deadlines).toEqual(patterns.map(() => undefined))
    vi.advanceTimersByTime(299_999)
    await settle()
    expect(messages(calls)).toEqual([])
    vi.advanceTimersByTime(1)
    await settle()
    const limit = 'the producer allows a handler 300 s (handlerTimeoutMs)'
    const single = patterns.filter(([kind]) => !isStreamed(kind))
    expect(messages(calls)).toEqual(single.map(([kind, scope]) => [kind, scope, DEADLINE_EXCEEDED, limit]))
    vi.advanceTimersByTime(YEAR_MS)
    await settle()
    expect(ended(calls)).toHaveLength(single.length)
    await close()
  })

  it('has the limit of handlerTimeoutMs in every pattern', async () => {
    const { calls, close } = await startAll({ handlerTimeoutMs: 1_500 })
    vi.advanceTimersByTime(1_499)
    await settle()
    expect(messages(calls)).toEqual([])
    vi.advanceTimersByTime(1)
    await settle()
    const limit = 'the producer allows a handler 1.5 s (handlerTimeoutMs)'
    expect(messages(calls)).toEqual(patterns.map(([kind, scope]) => [kind, scope, DEADLINE_EXCEEDED, limit]))
    await close()
  })

  it('has no limit if handlerTimeoutMs is Infinity', async () => {
    const { calls, close } = await startAll({ handlerTimeoutMs: Infinity })
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(YEAR_MS)
    await settle()
    expect(messages(calls)).toEqual([])
    await close()
  })

  it('ends with the deadline, and the handler sees the reason', async () => {
    const wanted = inMs(5_000)
    const { calls, deadlines, close } = await startAll({}, 5_000)
    expect(deadlines).toEqual(patterns.map(() => wanted))
    vi.advanceTimersByTime(5_001)
    await settle()
    const passed = 'the deadline passed before the handler had finished'
    expect(messages(calls)).toEqual(patterns.map(([kind, scope]) => [kind, scope, DEADLINE_EXCEEDED, passed]))
    await close()
  })

  it('ends with its limit if that comes before the deadline, and the handler sees the limit as its deadline', async () => {
    const { calls, deadlines, close } = await startAll({ handlerTimeoutMs: 1_000 }, 5_000)
    for (const deadline of deadlines) expect(Number(deadline) - epochNow()).toBeCloseTo(1_000, -1)
    vi.advanceTimersByTime(1_000)
    await settle()
    const limit = 'the producer allows a handler 1 s (handlerTimeoutMs)'
    expect(messages(calls)).toEqual(patterns.map(([kind, scope]) => [kind, scope, DEADLINE_EXCEEDED, limit]))
    await close()
  })
})
