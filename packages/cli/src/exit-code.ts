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

/** The exit codes of the tool. The table of the README lists the same codes. */
export const exitCodes = {
  ok: 0,
  /** A file cannot be used or written, or the failure has no code of its own. */
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

/** Returns the exit code for an error: one of `exitCodes`, 64 plus the status of a call, or 130 after Ctrl-C. */
export type ExitCode = number

/** The exit code that shells report for a program that Ctrl-C ended. */
const INTERRUPTED = 130

/** Added to the status of a failed call, as grpcurl does. */
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
