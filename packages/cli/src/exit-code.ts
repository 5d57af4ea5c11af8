import {
  AdmissionDeniedError,
  ConfigError,
  ProducerIdentityError,
  RpcError,
  StatusCode,
  TransportError,
} from '@aster/client'
import { CliError } from './cli-error.ts'
import { CallError, InterruptedError } from './remote/call-error.ts'

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

/** One of `exitCodes`, or 64 and the status of a call, or 130 for Ctrl-C. */
export type ExitCode = number

/** What a shell has for a program that Ctrl-C has ended. */
const INTERRUPTED = 130

/** Added to the status that a call has ended with, as grpcurl does. */
const STATUS = 64

export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof InterruptedError) return INTERRUPTED
  if (error instanceof CallError) return STATUS + error.code
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
