import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { composeInterceptors, type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, fakeCall, nextOf, openStream, streamOf, unavailable, watchedSignal } from '../../test/fake-call.ts'
import { startTelemetry, type Telemetry } from '../../test/telemetry.ts'
import { measureCalls } from './measure-calls.ts'
import { traceCalls } from './trace-calls.ts'

let telemetry: Telemetry
beforeEach(() => void (telemetry = startTelemetry()))
afterEach(() => telemetry.stop())

function onlySpan(): ReadableSpan {
  const [span, ...others] = telemetry.spans()
  if (span === undefined || others.length > 0) throw new Error(`expected one span, found ${telemetry.spans().length}`)
  return span
}
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('traceCalls', () => {
  it('records a span for a call', async () => {
    await traceCalls()(fakeCall('again'), nextOf('x'))
    const { name, kind, attributes, status } = onlySpan()
    expect({ name, kind, attributes, status }).toEqual({
      name: 'Test/again',
      kind: SpanKind.CLIENT,
      attributes: {
        'rpc.system.name': 'aster',
        'rpc.method': 'Test/again',
        'rpc.status_code': 'OK',
        'aster.call.id': 'call-1',
      },
      status: { code: SpanStatusCode.UNSET },
    })
  })

  it('takes attributes of the user’s own', async () => {
    await traceCalls({ attributes: ({ metadata }) => ({ tenant: metadata['tenant'] ?? '' }) })(
      fakeCall('one', { metadata: { tenant: 'a' } }),
      nextOf('x'),
    )
    expect(onlySpan().attributes).toMatchObject({ tenant: 'a' })
  })

  it.each<['client' | 'server', StatusCode, boolean]>([
    ['client', StatusCode.NOT_FOUND, true],
    ['client', StatusCode.CANCELLED, true],
    ['client', StatusCode.UNAVAILABLE, true],
    ['server', StatusCode.NOT_FOUND, false],
    ['server', StatusCode.CANCELLED, false],
    ['server', StatusCode.DEADLINE_EXCEEDED, true],
    ['server', StatusCode.INTERNAL, true],
  ])('on a %s code %i is an error of the span: %s', async (side, code, isError) => {
    const error = new RpcError(code, 'why')
    await traceCalls()(fakeCall('one', { side, peer: { id: 'p1', attributes: {} } }), nextOf(error)).catch(() => {})
    const { attributes, status } = onlySpan()
    expect(attributes).toMatchObject({ 'rpc.status_code': error.codeName, 'aster.peer.id': 'p1' })
    expect(attributes['error.type']).toBe(isError ? error.codeName : undefined)
    expect(status).toEqual(isError ? { code: SpanStatusCode.ERROR, message: 'why' } : { code: SpanStatusCode.UNSET })
  })

  it('adds the trace to the metadata of the caller', async () => {
    const next = nextOf('x')
    const call = fakeCall('one', { metadata: { k: 'v' } })
    const baggage = propagation.setBaggage(context.active(), propagation.createBaggage({ user: { value: 'anna' } }))
    await context.with(baggage, () => traceCalls()(call, next))
    const { traceId, spanId } = onlySpan().spanContext()
    expect(next.calls[0]?.metadata).toEqual({ k: 'v', traceparent: `00-${traceId}-${spanId}-01`, baggage: 'user=anna' })
    expect(call.metadata).toEqual({ k: 'v' })
  })

  it('continues the trace of the metadata, and does not change the metadata', async () => {
    const next = nextOf('x')
    await traceCalls()(fakeCall('one', { side: 'server', metadata: { traceparent: TRACEPARENT } }), next)
    const span = onlySpan()
    expect(span.kind).toBe(SpanKind.SERVER)
    expect(span.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(span.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
    expect(next.calls[0]?.metadata).toEqual({ traceparent: TRACEPARENT })
  })

  it.each(['', 'garbage', '00-0-0-01', `${TRACEPARENT}-x`.repeat(9)])(
    'begins a trace if the metadata carries %j',
    async (traceparent) => {
      await traceCalls()(fakeCall('one', { side: 'server', metadata: { traceparent } }), nextOf('x'))
      expect(onlySpan().parentSpanContext).toBeUndefined()
    },
  )

  it('leaves out entries that the metadata has no room for', async () => {
    const next = nextOf('x')
    const full = Object.fromEntries(Array.from({ length: LIMITS.metadataEntries }, (_, i) => [`k${i}`, 'v']))
    await traceCalls()(fakeCall('one', { metadata: full }), next)
    const long = {
      a: 'x'.repeat(LIMITS.metadataValue),
      b: 'x'.repeat(LIMITS.metadataTotal - LIMITS.metadataValue - 70),
    }
    const baggage = propagation.createBaggage({ user: { value: 'anna' } })
    await context.with(propagation.setBaggage(context.active(), baggage), () =>
      traceCalls()(fakeCall('one', { metadata: long }), next),
    )
    const old = { ...full, traceparent: 'old' }
    delete (old as Record<string, string>)['k0']
    await traceCalls()(fakeCall('one', { metadata: old }), next)
    expect(next.calls[0]?.metadata).toEqual(full)
    expect(Object.keys(next.calls[1]?.metadata ?? {})).toEqual(['a', 'b', 'traceparent'])
    expect(next.calls[2]?.metadata['traceparent']).toMatch(/^00-/)
  })

  it('runs the handler within the span, and each step of a stream', async () => {
    const seen: unknown[] = []
    const look = (): void => void seen.push(trace.getSpan(context.active())?.spanContext().spanId)
    async function* handler(): AsyncGenerator<number> {
      try {
        look()
        yield 1
        await Promise.resolve()
        look()
        yield 2
      } finally {
        look()
      }
    }
    const iterator = await openStream(traceCalls(), fakeCall('many', { side: 'server' }), async () => {
      look()
      return handler()
    })
    await iterator.next()
    await iterator.next()
    expect(telemetry.spans()).toEqual([])
    await iterator.return?.()
    const { spanId } = onlySpan().spanContext()
    expect(seen).toEqual([spanId, spanId, spanId, spanId])
    expect(onlySpan().attributes['rpc.status_code']).toBe('CANCELLED')
    expect(trace.getSpan(context.active())).toBeUndefined()
  })

  it('records a child of the active span, which is the parent of spans inside', async () => {
    const outer = trace.getTracer('test').startSpan('outer')
    const inner = composeInterceptors([traceCalls(), traceCalls()], nextOf('x'))
    await context.with(trace.setSpan(context.active(), outer), () => inner(fakeCall('one')))
    outer.end()
    const [second, first, root] = telemetry.spans()
    expect(second?.parentSpanContext?.spanId).toBe(first?.spanContext().spanId)
    expect(first?.parentSpanContext?.spanId).toBe(root?.spanContext().spanId)
  })

  it('makes one trace of both sides of a call', async () => {
    const produce = composeInterceptors([traceCalls()], async () => {
      trace.getTracer('test').startSpan('in the handler').end()
      return 'x'
    })
    const consume = traceCalls()(fakeCall('one'), ({ metadata }) =>
      produce(fakeCall('one', { side: 'server', metadata })),
    )
    await expect(consume).resolves.toBe('x')
    const [handler, server, client] = telemetry.spans()
    expect(new Set(telemetry.spans().map((span) => span.spanContext().traceId)).size).toBe(1)
    expect(handler?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId)
    expect(server?.parentSpanContext).toMatchObject({ spanId: client?.spanContext().spanId, isRemote: true })
  })

  it('ends the span when the signal aborts, even if the responses are not read', async () => {
    const { controller, signal, listeners } = watchedSignal()
    await openStream(traceCalls(), fakeCall('chat', { signal }), async () => streamOf(1))
    controller.abort(unavailable())
    expect(onlySpan().attributes['rpc.status_code']).toBe('UNAVAILABLE')
    expect(listeners()).toBe(0)
  })
})

describe('measureCalls', () => {
  const run = (call: InterceptedCall, outcome: unknown): Promise<unknown> =>
    measureCalls()(call, nextOf(outcome)).catch(() => {})

  it('records the duration of a call in seconds', async () => {
    await run(fakeCall('one'), 'x')
    await run(fakeCall('one'), 'x')
    await run(fakeCall('one'), unavailable())
    await run(fakeCall('one', { side: 'server' }), new RpcError(StatusCode.NOT_FOUND, 'no'))
    await collect(await run(fakeCall('many'), streamOf(1, 2)))
    const points = await telemetry.points()
    const base = { 'rpc.system.name': 'aster', 'rpc.method': 'Test/one' }
    expect(points.map(({ name, attributes, count }) => ({ name, attributes, count }))).toEqual([
      { name: 'rpc.client.call.duration', attributes: { ...base, 'rpc.status_code': 'OK' }, count: 2 },
      {
        name: 'rpc.client.call.duration',
        attributes: { ...base, 'rpc.status_code': 'UNAVAILABLE', 'error.type': 'UNAVAILABLE' },
        count: 1,
      },
      {
        name: 'rpc.client.call.duration',
        attributes: { ...base, 'rpc.method': 'Test/many', 'rpc.status_code': 'OK' },
        count: 1,
      },
      { name: 'rpc.server.call.duration', attributes: { ...base, 'rpc.status_code': 'NOT_FOUND' }, count: 1 },
    ])
    for (const { unit, boundaries, sum, count } of points) {
      expect(unit).toBe('s')
      expect(boundaries).toEqual([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
      expect(sum).toBeGreaterThan(0)
      expect(sum).toBeLessThan(5 * count)
    }
  })

  it('takes attributes of the user’s own', async () => {
    await measureCalls({ attributes: () => ({ tier: 'gold' }) })(fakeCall('one'), nextOf('x'))
    expect((await telemetry.points())[0]?.attributes).toMatchObject({ tier: 'gold' })
  })
})

it('does nothing if no SDK is registered', async () => {
  await telemetry.stop()
  const next = nextOf('x')
  await expect(
    composeInterceptors([traceCalls(), measureCalls()], next)(fakeCall('one', { metadata: { k: 'v' } })),
  ).resolves.toBe('x')
  expect(next.calls[0]?.metadata).toEqual({ k: 'v' })
})
