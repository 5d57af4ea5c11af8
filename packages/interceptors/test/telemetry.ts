import { context, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'

export interface MetricPoint {
  name: string
  unit: string
  boundaries: readonly number[]
  attributes: DataPoint<unknown>['attributes']
  count: number
  sum: number
}

/** The SDK of OpenTelemetry, registered as a program registers it. */
export interface Telemetry {
  readonly spans: () => ReadableSpan[]
  readonly points: () => Promise<MetricPoint[]>
  readonly stop: () => Promise<void>
}

export function startTelemetry(): Telemetry {
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  // Exports only when the test asks for it.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(tracerProvider)
  metrics.setGlobalMeterProvider(meterProvider)
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  return {
    spans: () => spans.getFinishedSpans(),
    async points() {
      await reader.forceFlush()
      const found =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
      return found.flatMap(({ descriptor, dataPoints }) =>
        (dataPoints as DataPoint<Histogram>[]).map(({ attributes, value }) => ({
          name: descriptor.name,
          unit: descriptor.unit,
          boundaries: value.buckets.boundaries,
          attributes,
          count: value.count,
          sum: value.sum ?? 0,
        })),
      )
    },
    async stop() {
      for (const api of [context, trace, metrics, propagation]) api.disable()
      await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()])
    },
  }
}
