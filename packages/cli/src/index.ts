/**
 * The `aster` command as a function: `runCli(argv, io)` resolves with its exit code.
 *
 * @example
 * ```ts
 * import { runCli } from '@aster/cli'
 *
 * const { stdout, stderr, env } = process
 * process.exitCode = await runCli(['--help'], { stdout, stderr, env, cwd: process.cwd(), now: Date.now })
 * ```
 *
 * @packageDocumentation
 */
export { type ExitCode, exitCodes } from './exit-code.ts'
export type { CliIo, Input, Output } from './io.ts'
export { runCli } from './run-cli.ts'
