import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { World } from '../src/doctor/finding.ts'
import { type CliIo, type ExitCode, type Input, runCli } from '../src/index.ts'

/** The time at which the commands of the tests run: 2026-11-23T00:00:00Z, in seconds. */
export const NOW = 1_795_392_000

export interface Run {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: CliIo['env']
  readonly stdin?: string | Input
  /** Whether both outputs are terminals. */
  readonly tty?: boolean
  /** The width of both outputs. */
  readonly columns?: number
  readonly onInterrupt?: CliIo['onInterrupt']
  /** The machine that `doctor` examines. */
  readonly world?: World | undefined
  /** The time, in milliseconds since the epoch. */
  readonly now?: number
}

/** A temporary folder, and a function that runs commands in it. */
export class Workplace {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'aster-cli-')))

  path(name: string): string {
    return join(this.folder, name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  write(name: string, text: string, mode = 0o600): string {
    writeFileSync(this.path(name), text)
    chmodSync(this.path(name), mode)
    return this.path(name)
  }

  async run(
    argv: readonly string[],
    { env = {}, stdin, tty = false, columns, onInterrupt, world, now = NOW * 1000 }: RunOptions = {},
  ): Promise<Run> {
    let [out, err] = ['', '']
    const io = {
      stdout: { write: (text: string) => (out += text), isTTY: tty, columns },
      stderr: { write: (text: string) => (err += text), isTTY: tty, columns },
      stdin: typeof stdin === 'string' ? pieces(stdin) : stdin,
      onInterrupt,
      env,
      cwd: this.folder,
      now: () => now,
      world,
    }
    const code = await runCli(argv, io)
    return { code, out, err }
  }

  /** Runs a command that has to succeed, and returns its parsed JSON output. */
  async json(...argv: readonly string[]): Promise<Record<string, unknown>> {
    const { code, out, err } = await this.run([...argv, '--json'])
    if (code !== 0) throw new Error(`aster ${argv.join(' ')} ended with ${code}: ${err}`)
    return JSON.parse(out) as Record<string, unknown>
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}
