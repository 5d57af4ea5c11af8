import { argv, cwd, env, exit, stderr, stdin, stdout } from 'node:process'
import { runCli } from './run-cli.ts'

/** Runs the command line of this process, and sets its exit code. */
export async function main(): Promise<void> {
  // A reader that wants no more, as in `aster services … | head -1`, is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') exit()
    throw error
  })
  process.exitCode = await runCli(argv.slice(2), { stdout, stderr, stdin, env, cwd: cwd(), now: Date.now })
}
