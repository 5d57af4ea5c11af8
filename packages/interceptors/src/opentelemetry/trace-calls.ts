import {
  type Attributes,
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { changeCall } from '@aster/rpc-core/protocol'
import { follow } from '../follow.ts'
import { callAttributes, fullMethod, isFailure, outcomeAttributes } from './attributes.ts'
import { extractContext, injectContext } from './metadata-carrier.ts'

/** Options of `traceCalls`. */
export interface TraceCallsOptions {
  /** The provider of the tracer. @default the global one */
  tracerProvider?: TracerProvider | undefined
  /** Returns further attributes of the span of a call. @default none */
  attributes?: ((call: InterceptedCall) => Attributes) | undefined
}

/**
 * Records a span of kind CLIENT or SERVER for each call, streams included. The registered propagator carries the trace in the
 * metadata (W3C: `traceparent`, `tracestate`, `baggage`). Handlers run within the span.
 */
export function traceCalls({ tracerProvider, attributes }: TraceCallsOptions = {}): Interceptor {
  let tracer: Tracer | undefined
  return async (call, next) => {
    tracer ??= (tracerProvider ?? trace).getTracer('@aster/interceptors')
    const isServer = call.side === 'server'
    const parent = isServer ? extractContext(context.active(), call.metadata) : context.active()
    const kind = isServer ? SpanKind.SERVER : SpanKind.CLIENT
    const span = tracer.startSpan(
      fullMethod(call),
      { kind, attributes: { ...spanAttributes(call), ...attributes?.(call) } },
      parent,
    )
    const inside = trace.setSpan(parent, span)
    const metadata = isServer ? call.metadata : injectContext(inside, call.metadata)
    return follow(changeCall(call, { metadata }), next, {
      runStep: (step) => context.with(inside, step),
      onOutcome({ error }) {
        span.setAttributes(outcomeAttributes(call, error))
        if (error !== undefined && isFailure(call, error))
          span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
        span.end()
      },
    })
  }
}

/** Returns the attributes of a span: those of metrics, and ids, which have too many values for metrics. */
function spanAttributes(call: InterceptedCall): Attributes {
  return {
    ...callAttributes(call),
    'aster.call.id': call.callId,
    ...(call.peer.id !== '' && { 'aster.peer.id': call.peer.id }),
  }
}
