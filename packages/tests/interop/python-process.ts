import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A running Python script of this folder. */
export interface PythonProcess {
  readonly child: ChildProcess
  /** Resolves with its exit code, or the signal that ended it. Never rejects. */
  readonly exited: Promise<number | string>
  /** Returns its output to stderr so far. */
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
  // The script may end before it has read its input.
  child.stdin.on('error', () => undefined)
  const exited = Promise.race([
    once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
    once(child, 'error').then(([error]) => String(error)),
  ]).catch(String)
  return { child, exited, stderr: () => stderr }
}

/** Returns the environment without the ASTER_… settings of the tests, which are not meant for Python. */
const withoutAster = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ASTER_')))
