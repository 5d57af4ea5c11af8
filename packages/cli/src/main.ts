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
  const io = { stdout, stderr, stdin, env, now: Date.now, onInterrupt }
  const fail = (code: ExitCode, message: string): void => {
    printError({ ...io, cwd: '', json: asksForJson(args) }, { code, messages: [message] })
    process.exitCode = code
  }
  const folder = workingFolder()
  if (folder === undefined) return fail(exitCodes.failed, 'the working folder is gone; change to another one')
  const code = await runCli(args, { ...io, cwd: folder })
  // A command may leave it before its end, and it would keep the process.
  stdin.destroy()
  await flush()
  process.exitCode = code
  if (failure === undefined) return
  const found = describeSystemError(failure.error, 'write')
  fail(code === exitCodes.ok ? exitCodes.failed : code, `stdout cannot be written to: ${found}`)
}

/** While somebody listens, Ctrl-C does not end the process. */
function onInterrupt(listener: () => void): () => void {
  process.on('SIGINT', listener)
  return () => void process.off('SIGINT', listener)
}

/** Returns `undefined` if the folder that the process was started in has been removed. */
function workingFolder(): string | undefined {
  try {
    return cwd()
  } catch {
    return undefined
  }
}

/** Resolves when everything is written, or could not be. */
function flush(): Promise<void> {
  return new Promise((resolve) => void stdout.write('', () => resolve()))
}
