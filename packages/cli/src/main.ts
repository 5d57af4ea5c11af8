import { argv, cwd, env, stderr, stdin, stdout } from 'node:process'
import { describeSystemError } from '@aster/rpc-core/schema'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { printError } from './output/print.ts'
import { asksForJson, runCli } from './run-cli.ts'

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  const args = argv.slice(2)
  let failure: { readonly error: unknown } | undefined
  stdout.on('error', (error) => void (failure ??= { error }))
  // Stdout or stderr is gone, so that the error cannot be printed; the exit code stays.
  stderr.on('error', () => {})
  const io = { stdout, stderr, stdin, env, now: Date.now, onInterrupt }
  const fail = (code: ExitCode, message: string): void => {
    printError({ ...io, cwd: '', json: asksForJson(args) }, { code, messages: [message] })
    process.exitCode = code
  }
  const folder = workingFolder()
  if (folder === undefined) return fail(exitCodes.failed, 'the working folder is gone; change to another one')
  const code = await runCli(args, { ...io, cwd: folder })
  // A command may stop reading stdin before its end; the open handle would keep the process alive.
  stdin.destroy()
  await flush()
  process.exitCode = code
  if (failure === undefined) return
  const found = describeSystemError(failure.error, 'write')
  fail(code === exitCodes.ok ? exitCodes.failed : code, `stdout cannot be written to: ${found}`)
}

/** Adds a listener for Ctrl-C. As long as there is one, Ctrl-C does not end the process. */
function onInterrupt(listener: () => void): () => void {
  process.on('SIGINT', listener)
  return () => void process.off('SIGINT', listener)
}

/** Returns the working folder, or `undefined` if it has been removed. */
function workingFolder(): string | undefined {
  try {
    return cwd()
  } catch {
    return undefined
  }
}

/** Resolves when all output is written or has failed. */
function flush(): Promise<void> {
  return new Promise((resolve) => void stdout.write('', () => resolve()))
}
