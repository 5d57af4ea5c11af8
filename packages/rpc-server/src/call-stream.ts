import type { StreamFormat } from './formats.ts'
import type { RegisteredService } from './registry.ts'
import type { ResolvedCall } from './resolve-call.ts'

/** A stream that carries one call of a shared service. */
export interface CallStream {
  readonly kind: 'call'
  readonly service: RegisteredService
  readonly call: ResolvedCall
  readonly format: StreamFormat
}
