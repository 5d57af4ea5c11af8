import { type InterceptedCall, type Interceptor, type Logger, type RpcError, StatusCode } from '@aster/rpc-core'
import { changeCall, guardLogger } from '@aster/rpc-core/protocol'
import { hasRequestStream, hasResponseStream } from './call-facts.ts'
import type { Outcome } from './call-hooks.ts'
import { follow } from './follow.ts'
import { mapRequests } from './map-requests.ts'

/** Options of `logCalls`. */
export interface LogCallsOptions {
  /** The logger that lines are written to, such as one of pino, or `console`. */
  logger: Logger
  /** Returns the level of the line of a call; `undefined` to write none. @default `defaultLevel` */
  level?: ((outcome: Outcome, call: InterceptedCall) => keyof Logger | undefined) | undefined
  /** Returns further fields of a line. Requests and responses are not logged unless you add them here. @default none */
  fields?: ((outcome: Outcome, call: InterceptedCall) => object) | undefined
}

/**
 * Logs a line when a call is over, with the fields `side`, `service`, `method`, `kind`, `callId`, `peer` (the id of the peer,
 * if it is known), `code` and `durationMs`; for streams the numbers of `requests` and `responses`; for errors `err`. Messages
 * and metadata are not logged.
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
    return follow(changeCall(call, { request: counted }), next, {
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

/** Returns `info` for `OK` and `CANCELLED`, `error` for codes that point to a defect of a program, and `warn` for all others. */
export function defaultLevel({ error }: { readonly error: RpcError | undefined }): 'info' | 'warn' | 'error' {
  if (error === undefined || error.code === StatusCode.CANCELLED) return 'info'
  return OURS.has(error.code) ? 'error' : 'warn'
}
