/**
 * The `aster` command as a function: `runCli(argv, io)` gives its exit code.
 *
 * @example
 * ```ts
 * import { runCli } from '@aster/cli'
 *
 * const { stdout, stderr, env } = process
 * process.exitCode = await runCli(['identity', 'show', '--json'], { stdout, stderr, env, cwd: process.cwd(), now: Date.now })
 * ```
 *
 * @packageDocumentation
 */
export { type ExitCode, exitCodes } from './exit-code.ts'
export type { CliIo, Input, Output } from './io.ts'
export { runCli } from './run-cli.ts'
