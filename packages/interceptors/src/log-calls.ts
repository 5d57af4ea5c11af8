import { type InterceptedCall, type Interceptor, type Logger, type RpcError, StatusCode } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { hasRequestStream, hasResponseStream } from './call-facts.ts'
import { follow, type Outcome } from './follow.ts'
import { mapRequests } from './map-requests.ts'

export interface LogCallsOptions {
  /** Any pino logger fits. */
  logger: Logger
  /** The level of a line; `undefined` for none. @default `defaultLevel` */
  level?: ((outcome: Outcome, call: InterceptedCall) => keyof Logger | undefined) | undefined
  /** Fields of your own. Payloads are never logged unless you put them here. @default none */
  fields?: ((outcome: Outcome, call: InterceptedCall) => object) | undefined
}

/**
 * Writes a line for each call when it is over: `side`, `service`, `method`, `kind`, `callId`, `peer` (its id, where it is
 * known), `code`, `durationMs`; for streams `requests` and `responses`, how many there were; for errors `err`. No payload
 * and no metadata.
 */
export function logCalls({ logger, level = defaultLevel, fields }: LogCallsOptions): Interceptor {
  const guarded = guardLogger(logger) as Logger
  return async (call, next) => {
    const start = performance.now()
    let requests = 0
    const counted = hasRequestStream(call)
      ? mapRequests(call.request, (request) => {
          requests += 1
          return request
        })
      : call.request
    return follow({ ...call, request: counted }, next, {
      onOutcome(outcome) {
        const chosen = level(outcome, call)
        if (chosen === undefined) return
        const { error, responses } = outcome
        const line = {
          side: call.side,
          service: call.service.name,
          method: call.method.wireName,
          kind: call.method.kind,
          callId: call.callId,
          ...(call.peer.id !== '' && { peer: call.peer.id }),
          code: error?.codeName ?? 'OK',
          durationMs: Math.round((performance.now() - start) * 1000) / 1000,
          ...(hasRequestStream(call) && { requests }),
          ...(hasResponseStream(call) && { responses }),
          ...(error !== undefined && { err: error }),
          ...fields?.(outcome, call),
        }
        guarded[chosen](line, error === undefined ? 'call finished' : 'call failed')
      },
    })
  }
}

const OURS: ReadonlySet<StatusCode> = new Set([
  StatusCode.UNKNOWN,
  StatusCode.INTERNAL,
  StatusCode.DATA_LOSS,
  StatusCode.CONTRACT_VIOLATION,
])

/** `info` for `OK` and `CANCELLED`, `error` for what a program has to be mended for, `warn` for everything else. */
export function defaultLevel({ error }: { readonly error: RpcError | undefined }): 'info' | 'warn' | 'error' {
  if (error === undefined || error.code === StatusCode.CANCELLED) return 'info'
  return OURS.has(error.code) ? 'error' : 'warn'
}
