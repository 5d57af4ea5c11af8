import { cwd } from 'node:process'
import { runCli } from '@aster/cli'

const environment = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

/** Runs the `aster` command in the working directory. @throws Error if the exit code differs from the expected one */
export async function aster(expected: number, ...args: readonly string[]): Promise<void> {
  console.log(`\n$ aster ${args.map((arg) => (arg.length > 60 ? `${arg.slice(0, 20)}…` : arg)).join(' ')}`)
  const { stdout } = process
  const code = await runCli(args, { stdout, stderr: stdout, env: environment, cwd: cwd(), now: Date.now })
  if (code !== expected) throw new Error(`aster ${args[0]} ended with ${code}, not ${expected}`)
}
