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
import { follow } from '../follow.ts'
import { callAttributes, fullMethod, isFailure, outcomeAttributes } from './attributes.ts'
import { extractContext, injectContext } from './metadata-carrier.ts'

export interface TraceCallsOptions {
  /** @default the global one */
  tracerProvider?: TracerProvider | undefined
  /** Attributes of your own for the span. @default none */
  attributes?: ((call: InterceptedCall) => Attributes) | undefined
}

/**
 * A span for each call, of kind CLIENT or SERVER, from its begin to its end, streams included. The trace travels in the
 * metadata by whatever propagator is registered (W3C: `traceparent`, `tracestate`, `baggage`). Handlers run within the span.
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
    return follow({ ...call, metadata }, next, {
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

/** Ids have too many values for metrics; a span may have them. */
function spanAttributes(call: InterceptedCall): Attributes {
  return {
    ...callAttributes(call),
    'aster.call.id': call.callId,
    ...(call.peer.id !== '' && { 'aster.peer.id': call.peer.id }),
  }
}
