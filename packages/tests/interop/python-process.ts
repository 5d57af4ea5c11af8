import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A Python script of this folder, running. */
export interface PythonProcess {
  readonly child: ChildProcess
  /** Its exit code, or the signal that ended it. Never rejects. */
  readonly exited: Promise<number | string>
  /** What it wrote to stderr so far. */
  readonly stderr: () => string
}

/** Starts a script of this folder with the interpreter ASTER_PYTHON, which `pnpm interop` sets. */
export function startPython(script: string, args: readonly string[]): PythonProcess {
  const python = process.env['ASTER_PYTHON']
  if (!python) throw new Error('ASTER_PYTHON is not set: run these tests with `pnpm interop`')
  const child = spawn(python, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...withoutAster(process.env), PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // The script may end before it reads what is written to it.
  child.stdin.on('error', () => undefined)
  const exited = Promise.race([
    once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
    once(child, 'error').then(([error]) => String(error)),
  ]).catch(String)
  return { child, exited, stderr: () => stderr }
}

/** The tests' own ASTER_… settings are none of Python's business. */
const withoutAster = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ASTER_')))
