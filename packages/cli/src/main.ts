import { argv, cwd, env, stderr, stdin, stdout } from 'node:process'
import { describeSystemError } from '@aster/rpc-core/schema'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { printError } from './output/print.ts'
import { asksForJson, runCli } from './run-cli.ts'

/** Runs the command line of this process, and sets its exit code. */
export async function main(): Promise<void> {
  const args = argv.slice(2)
  let failure: { readonly error: unknown } | undefined
  stdout.on('error', (error) => void (failure ??= { error }))
  // Nothing is left that could tell of it; the exit code stays.
  stderr.on('error', () => {})
  const io = { stdout, stderr, stdin, env, cwd: cwd(), now: Date.now }
  const code = await runCli(args, io)
  await flush()
  process.exitCode = code
  if (failure === undefined) return
  const failed: ExitCode = code === exitCodes.ok ? exitCodes.failed : code
  const found = describeSystemError(failure.error, 'write')
  printError({ ...io, json: asksForJson(args) }, { code: failed, messages: [`stdout cannot be written to: ${found}`] })
  process.exitCode = failed
}

/** Resolves when everything is written, or could not be. */
function flush(): Promise<void> {
  return new Promise((resolve) => void stdout.write('', () => resolve()))
}
