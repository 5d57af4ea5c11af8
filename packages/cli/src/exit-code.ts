import {
  AdmissionDeniedError,
  ConfigError,
  ProducerIdentityError,
  RpcError,
  StatusCode,
  TransportError,
} from '@aster/client'
import { CliError } from './cli-error.ts'

/** What the tool ends with. The README's table is this one. */
export const exitCodes = {
  ok: 0,
  /** A file that cannot be used or written, or anything that has no code of its own. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** The producer does not admit this consumer. */
  denied: 3,
  /** The producer cannot be reached. */
  unreachable: 4,
  /** The producer's root key is not the expected one. */
  untrusted: 5,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof CliError) return error.usage ? exitCodes.usage : exitCodes.failed
  if (error instanceof ConfigError) return exitCodes.usage
  if (error instanceof AdmissionDeniedError) return exitCodes.denied
  if (error instanceof ProducerIdentityError) return exitCodes.untrusted
  if (error instanceof TransportError) return error.kind === 'misuse' ? exitCodes.failed : exitCodes.unreachable
  if (error instanceof RpcError) {
    const unreachable: readonly StatusCode[] = [StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED]
    return unreachable.includes(error.code) ? exitCodes.unreachable : exitCodes.failed
  }
  return exitCodes.failed
}
