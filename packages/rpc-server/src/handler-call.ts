import {
  type HandlerContext,
  type InterceptedCall,
  type MethodDefinition,
  type Next,
  type Peer,
  RpcError,
  type ServiceDefinition,
  StatusCode,
} from '@aster/rpc-core'
import {
  type AbortScope,
  type AbortSource,
  abortable,
  encodeMessage,
  type Frame,
  iteratorOf,
  type MessageFormat,
} from '@aster/rpc-core/protocol'
import { Interrupt } from './interrupt.ts'
import type { ServeOptions } from './options.ts'
import type { ServiceRegistry } from './registry.ts'

/** What all calls of a connection share. */
export interface CallSetting {
  readonly registry: ServiceRegistry
  readonly options: ServeOptions
  readonly peer: Peer
  /** What stands around a handler, if anything does. */
  readonly intercept: ((handle: Next) => Next) | undefined
  /** Aborts when no more calls are taken, in open sessions neither. */
  readonly refusing: AbortSource
}

export type HandlerObject = Readonly<Record<string, (request: unknown, context: HandlerContext) => unknown>>

export interface HandlerCall {
  readonly setting: CallSetting
  readonly handlers: HandlerObject
  readonly call: InterceptedCall
  /** What ends the call from outside. */
  readonly scope: AbortScope
  readonly format: MessageFormat
  /** Sends a response of a stream. Where it gives a promise, wait for it before the next one. */
  readonly respond: (frame: Frame) => Promise<void> | undefined
}

export function interceptedCall(
  definition: ServiceDefinition,
  method: MethodDefinition,
  {
    callId,
    peer,
    request,
    metadata,
    deadline,
    scope,
  }: Pick<InterceptedCall, 'callId' | 'peer' | 'request' | 'metadata' | 'deadline'> & { readonly scope: AbortScope },
): InterceptedCall {
  let signal: AbortSignal | undefined
  return {
    side: 'server',
    service: definition,
    method,
    callId,
    peer,
    request,
    metadata,
    deadline,
    // Made when it is asked for.
    get signal() {
      return (signal ??= scope.signal)
    },
    set signal(other) {
      signal = other
    },
  }
}

/**
 * Runs a handler and sends the responses of a stream; an only response is given back, to go out in one write with what
 * comes behind it. Throws what ended it, at once when the signal aborts.
 */
export async function runHandler({
  setting,
  handlers,
  call,
  scope,
  format,
  respond,
}: HandlerCall): Promise<Frame | undefined> {
  const { method } = call
  // A handler that then waits for the abort would wait for ever.
  if (scope.aborted) throw scope.reason
  const handle = (last: InterceptedCall): unknown => handlers[method.name]?.(last.request, contextOf(last))
  const { intercept } = setting
  const handled = intercept === undefined ? handle(call) : intercept(async (last) => handle(last))(call)
  const outcome = isPromise(handled) ? await abortable(handled, scope) : handled
  if (method.kind === 'unary' || method.kind === 'clientStream') return encodeResponse(format, call, outcome)
  const iterator = iteratorOf(outcome, () => noResponsesError(call))
  const interrupt = new Interrupt(scope)
  try {
    for (;;) {
      const next = iterator.next()
      const step = next instanceof Promise ? await interrupt.wait(next) : next
      if (step.done === true) return undefined
      if (scope.aborted) throw scope.reason
      const room = respond(encodeResponse(format, call, step.value))
      if (room !== undefined) await interrupt.wait(room)
    }
  } catch (error) {
    // The generator's own `finally` runs; nobody waits for one that does not come back.
    void (async () => iterator.return?.())().catch(() => {})
    throw error
  } finally {
    interrupt.off()
  }
}

/** What a failed call tells its consumer; an unknown exception goes to the log instead. */
export function failureOf(error: unknown, name: string, callId: string, { options, peer }: CallSetting): RpcError {
  if (error instanceof RpcError) return error
  options.logger?.error({ err: error, call: name, callId, peer: peer.id }, 'a handler failed')
  // Anything can be thrown, also what has no text.
  const told = RpcError.from(error).message
  return new RpcError(
    StatusCode.UNKNOWN,
    options.exposeErrors === true ? told : `the handler failed (call ${callId})`,
    { cause: error },
  )
}

function contextOf(call: InterceptedCall): HandlerContext {
  const { service, method, callId, peer, metadata, deadline } = call
  return {
    service: service.name,
    method: method.wireName,
    callId,
    peer,
    metadata,
    deadline,
    get signal() {
      return call.signal
    },
  }
}

/** Of a stream it is an iterable, which has no `then`. */
function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Partial<Promise<unknown>> | null | undefined)?.then === 'function'
}

function encodeResponse(format: MessageFormat, { service, method }: InterceptedCall, response: unknown): Frame {
  try {
    return encodeMessage(format, method.response, response)
  } catch (error) {
    const { code, message } = RpcError.from(error)
    if (code === StatusCode.RESOURCE_EXHAUSTED) throw error
    throw new RpcError(
      StatusCode.INTERNAL,
      `the response of ${service.name}.${method.wireName} does not fit its type: ${message}`,
      { cause: error },
    )
  }
}

function noResponsesError({ service, method }: InterceptedCall): RpcError {
  return new RpcError(
    StatusCode.INTERNAL,
    `the handler of ${service.name}.${method.wireName} gave no responses: expected an Iterable or an AsyncIterable`,
  )
}
