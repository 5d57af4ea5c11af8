import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
/** `@number0/iroh` is a dependency of the transport, and is not bundled. */
const TRANSPORT = fileURLToPath(new URL('../../transport-iroh', import.meta.url))

/** Runs a script of this folder in a Node of its own, from the sources. Returns what it printed once it has exited by itself. */
async function run(script: URL): Promise<unknown> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(script)],
    absWorkingDir: PACKAGE,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@aster/source'],
    external: ['@aster/iroh-native', '@number0/iroh', '@foxglove/wasm-zstd'],
  })
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-'], {
    cwd: TRANSPORT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.stdin.end(outputFiles[0]?.text)
  let printed = ''
  for await (const text of child.stdout.setEncoding('utf8')) printed += String(text)
  expect(await ended).toBe(0)
  return JSON.parse(printed)
}

it('retains no async store of the code that constructs, starts or closes a server or a transport, or that dials', async () => {
  expect(await run(new URL('async-stores.child.ts', import.meta.url))).toEqual({
    text: 'served',
    seen: 7,
    whileServing: [],
    afterwards: [],
  })
})

it('starts and answers long messages if zstd cannot be found', async () => {
  expect(await run(new URL('no-zstd.child.ts', import.meta.url))).toEqual({ length: 50_000, warned: 'ASTER_ZSTD' })
})
