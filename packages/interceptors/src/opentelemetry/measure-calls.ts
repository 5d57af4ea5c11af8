import { type Attributes, context, type Histogram, type MeterProvider, metrics } from '@opentelemetry/api'
import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { follow } from '../follow.ts'
import { callAttributes, outcomeAttributes } from './attributes.ts'

/** Options of `measureCalls`. */
export interface MeasureCallsOptions {
  /** The provider of the meter. @default the global one, as it is at the first call */
  meterProvider?: MeterProvider | undefined
  /** Returns further attributes of a call. Each of them should have few different values. @default none */
  attributes?: ((call: InterceptedCall) => Attributes) | undefined
}

/** The boundaries of the buckets in seconds, as the conventions recommend them. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Records the duration of each call in seconds, streams included, in the histograms `rpc.client.call.duration` and `rpc.server.call.duration`. */
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
