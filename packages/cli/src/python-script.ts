import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeSystemError, systemErrorCode } from '@aster/rpc-core/schema'
import { CliError } from './cli-error.ts'
import type { CommandIo } from './io.ts'

/** The path is the same from `src` and from `dist`. */
const SCRIPT = fileURLToPath(new URL('../python/describe.py', import.meta.url))

/** The output of the script that describes services. `description` has not been checked. */
export interface PythonResult {
  readonly description: unknown
  /** Sentences about doubtful definitions, which do not stop the command. */
  readonly warnings: readonly string[]
  /** Types and methods that cannot be used, each with the reason. */
  readonly problems: readonly string[]
}

interface PythonFailure {
  readonly failure: { readonly kind: 'usage' | 'import' | 'python'; readonly lines: readonly string[] }
}

/** Runs the user's Python, which imports the modules and describes their services. */
export async function describePython(
  io: CommandIo,
  specs: readonly string[],
  option: string | undefined,
): Promise<PythonResult> {
  const python = option ?? findPython(io)
  const { code, stdout, stderr } = await runPython(io, python, [SCRIPT, ...specs], option)
  const result = parseResult(stdout)
  if (result === undefined) {
    const end = stderr.trimEnd().split('\n').slice(-5)
    throw new CliError(`${python} ended with ${code} and told nothing`, { lines: end.filter((line) => line !== '') })
  }
  if (!('failure' in result)) return result
  const { kind, lines } = result.failure
  const [first = '', ...rest] = lines
  throw new CliError(first, { usage: kind === 'usage', help: false, lines: rest })
}

/** Returns the Python of the active virtual environment, else of the one in the working folder, else of the system. */
function findPython({ cwd, env }: CommandIo): string {
  const folders = [env['VIRTUAL_ENV'], '.venv', 'venv'].filter((folder) => folder !== undefined && folder !== '')
  for (const folder of folders) {
    for (const name of ['bin/python', 'Scripts/python.exe']) {
      const path = join(folder as string, name)
      if (existsSync(join(path.startsWith('/') ? '' : cwd, path))) return path
    }
  }
  return process.platform === 'win32' ? 'python' : 'python3'
}

interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

function runPython(
  { cwd, env }: CommandIo,
  python: string,
  args: readonly string[],
  option: string | undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, {
      cwd,
      // Keeps Python from writing bytecode beside the module.
      env: { ...env, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-10_000)))
    child.on('error', (error) => {
      const place = option === undefined ? '' : '--python: '
      const found = systemErrorCode(error) === 'ENOENT' ? 'no such program' : describeSystemError(error, 'read')
      const hint = 'name the one that has aster-rpc with --python'
      reject(new CliError(`${place}cannot run ${python}: ${found}; ${hint}`, { usage: true, help: false }))
    })
    child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 'nothing', stdout, stderr }))
  })
}

function parseResult(stdout: string): PythonResult | PythonFailure | undefined {
  try {
    return JSON.parse(stdout) as PythonResult | PythonFailure
  } catch {
    return undefined
  }
}
