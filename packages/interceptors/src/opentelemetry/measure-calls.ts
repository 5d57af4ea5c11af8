import { type Attributes, context, type Histogram, type MeterProvider, metrics } from '@opentelemetry/api'
import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { follow } from '../follow.ts'
import { callAttributes, outcomeAttributes } from './attributes.ts'

export interface MeasureCallsOptions {
  /** @default the global one, as it is at the first call */
  meterProvider?: MeterProvider | undefined
  /** Attributes of your own; of few values. @default none */
  attributes?: ((call: InterceptedCall) => Attributes) | undefined
}

/** Seconds, as the conventions recommend. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** The histograms `rpc.client.call.duration` and `rpc.server.call.duration`, in seconds from a call's begin to its end. */
export function measureCalls({ meterProvider, attributes }: MeasureCallsOptions = {}): Interceptor {
  const histograms: Partial<Record<InterceptedCall['side'], Histogram>> = {}
  const createHistogram = (side: InterceptedCall['side']): Histogram =>
    (meterProvider ?? metrics).getMeter('@aster/interceptors').createHistogram(`rpc.${side}.call.duration`, {
      unit: 's',
      description: side === 'client' ? 'Duration of calls that went out.' : 'Duration of calls that came in.',
      advice: { explicitBucketBoundaries: BOUNDARIES },
    })
  return async (call, next) => {
    const histogram = (histograms[call.side] ??= createHistogram(call.side))
    const begun = context.active()
    const start = performance.now()
    return follow(call, next, {
      onOutcome({ error }) {
        const seconds = (performance.now() - start) / 1000
        histogram.record(
          seconds,
          { ...callAttributes(call), ...outcomeAttributes(call, error), ...attributes?.(call) },
          begun,
        )
      },
    })
  }
}
