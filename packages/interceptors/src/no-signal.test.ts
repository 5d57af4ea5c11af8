import { trace } from '@opentelemetry/api'
import { composeInterceptors, type InterceptedCall, type Interceptor } from '@aster/rpc-core'
import { AbortScope, defineCallSignal } from '@aster/rpc-core/protocol'
import { afterEach, expect, it, vi } from 'vitest'
import { collect, fakeCall, nextOf, streamOf } from '../test/fake-call.ts'
import { callLimits } from './call-limits.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import { deadline } from './deadline.ts'
import { logCalls } from './log-calls.ts'
import { traceCalls } from './opentelemetry/trace-calls.ts'
import { retry } from './retry.ts'

afterEach(() => void vi.unstubAllGlobals())

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const ANY_SIDE: Readonly<Record<string, Interceptor>> = {
  callLimits: callLimits({ maxConcurrent: 5, timeoutMs: 60_000, perPeer: { maxConcurrent: 5, perSecond: 1_000 } }),
  concurrencyLimit: concurrencyLimit({ maxConcurrent: 5 }),
  deadline: deadline({ defaultMs: 60_000 }),
  logCalls: logCalls({ logger: silent }),
  traceCalls: traceCalls({ tracerProvider: trace.getTracerProvider() }),
}
const OF_CLIENTS: typeof ANY_SIDE = { circuitBreaker: circuitBreaker(), retry: retry() }

/** A call whose signal does not exist yet. */
function callOf(method: 'one' | 'many', side: InterceptedCall['side']): InterceptedCall {
  const { signal: _, ...call } = fakeCall(method, { side, peer: { id: 'peer', attributes: {} } })
  return defineCallSignal(call, new AbortScope())
}

// A signal costs as much as a small call.
it.each([
  ...Object.entries(ANY_SIDE).map((one) => ['server' as const, ...one] as const),
  ...Object.entries({ ...ANY_SIDE, ...OF_CLIENTS }).map((one) => ['client' as const, ...one] as const),
])('on a %s, %s creates no signal', async (side, _, interceptor) => {
  const calls = [callOf('one', side), callOf('many', side)] as const
  vi.stubGlobal('AbortController', () => expect.unreachable('a signal was created'))
  expect(await composeInterceptors([interceptor], nextOf('response'))(calls[0])).toBe('response')
  const responses = await composeInterceptors([interceptor], nextOf(streamOf('response')))(calls[1])
  expect(await collect(responses)).toEqual(['response'])
})
