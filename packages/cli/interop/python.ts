import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Workplace } from '../test/cli.ts'

const run = promisify(execFile)

/** The interpreters: one has `aster-rpc` 0.1.2, the other `aster-cli` 0.1.2 as well. */
const { ASTER_PYTHON: libraryPython, ASTER_CLI_PYTHON: cliPython } = process.env

/** The reason why the tests cannot run here, if there is one. */
export const missing = [...(libraryPython ? [] : ['ASTER_PYTHON']), ...(cliPython ? [] : ['ASTER_CLI_PYTHON'])].map(
  (variable) => `${variable} is not set`,
)[0]

/** The output of `read_credential.py`. */
export interface PythonReading {
  readonly credential: Readonly<Record<string, unknown>>
  readonly verifies: boolean
  readonly rootPubkey: string
  readonly secretKey: string | null
}

/** The environment of the Python processes. The home is a folder of the test, and the keyring of the user is not read. */
function environment(place: Workplace): NodeJS.ProcessEnv {
  return {
    HOME: place.path('home'),
    PYTHON_KEYRING_BACKEND: 'keyring.backends.fail.Keyring',
    PYTHONDONTWRITEBYTECODE: '1',
    // The folder that Python's own command searches for modules.
    PYTHONPATH: place.folder,
  }
}

/** Runs the Python `aster` in the folder. Throws if it fails. */
export async function pythonAster(place: Workplace, ...args: readonly string[]): Promise<void> {
  const aster = join(dirname(String(cliPython)), 'aster')
  await run(aster, args, { cwd: place.folder, env: environment(place), timeout: 30_000 })
}

/** Returns the credential that the Python consumer reads from these variables. */
export async function readByPython(
  place: Workplace,
  env: Readonly<Record<string, string>>,
  peer?: string,
): Promise<PythonReading> {
  const script = fileURLToPath(new URL('read_credential.py', import.meta.url))
  const { stdout } = await run(String(libraryPython), [script, ...(peer === undefined ? [] : [peer])], {
    cwd: place.folder,
    env: { ...environment(place), ...env },
    timeout: 30_000,
  })
  return JSON.parse(stdout) as PythonReading
}
