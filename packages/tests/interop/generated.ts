// Shared by the tests of `aster gen`: random modules of Python, and the code that is generated from them.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runCli } from '@aster/cli'

const run = promisify(execFile)
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export function python(): string {
  const found = process.env['ASTER_PYTHON']
  if (!found) throw new Error('ASTER_PYTHON is not set: run these tests with `pnpm interop`')
  return found
}

/** A folder within the package, from where `@aster/client` is found, that is removed when it is disposed of. */
export function makeFolder(): Disposable & { readonly path: string } {
  mkdirSync(path('../.cache'), { recursive: true })
  const folder = mkdtempSync(path('../.cache/generated-'))
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Runs Python on a script of this folder. */
export async function runScript(script: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout } = await run(python(), [path(script), ...args], { env, maxBuffer: 2 ** 28 })
  return stdout
}

export interface GenRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `aster gen` in a folder. */
export async function gen(cwd: string, args: readonly string[]): Promise<GenRun> {
  let [out, err] = ['', '']
  const code = await runCli(['gen', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: { ...process.env, ASTER_PYTHON: '' },
    cwd,
    now: Date.now,
  })
  return { code, out, err }
}

/** Runs `aster gen`, which has to succeed, and returns the JSON that it prints. */
export async function genJson(cwd: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await gen(cwd, [...args, '--json'])
  if (code !== 0) throw new Error(`aster gen ${args.join(' ')} ended with ${code}: ${err}`)
  return JSON.parse(out) as Record<string, unknown>
}

/** Compiles all TypeScript files of a folder together. Returns the output of the compiler. */
export async function compile(folder: string): Promise<string> {
  const config = {
    extends: path('../../../tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      emitDeclarationOnly: false,
      noEmit: true,
      noUnusedLocals: true,
      lib: ['es2023', 'esnext.disposable', 'esnext.decorators', 'dom'],
    },
    include: [join(folder, '*.ts')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = path('../../../node_modules/.bin/tsc')
  try {
    const { stdout } = await run(tsc, ['-p', join(folder, 'tsconfig.json')], { maxBuffer: 2 ** 28 })
    return stdout
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error)
  }
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** Links a file of this folder into another folder. */
export function link(name: string, folder: string): void {
  symlinkSync(path(name), join(folder, name))
}
