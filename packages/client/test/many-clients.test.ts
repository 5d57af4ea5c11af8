import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = new URL('many-clients.child.ts', import.meta.url)
/** The folder from which the addon can be resolved. */
const transportFolder = fileURLToPath(new URL('../../transport-iroh', import.meta.url))

/** Runs a script from the sources in a Node with a limit of file descriptors. Returns the JSON that it prints. */
async function run(descriptors: number): Promise<unknown> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(script)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@aster/source'],
    external: ['@aster/iroh-native', '@number0/iroh', '@foxglove/wasm-zstd'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/x.js')",
    },
  })
  const node = 'ulimit -n "$1"; exec "$2" --input-type=module -'
  const child = spawn('bash', ['-c', node, 'bash', `${descriptors}`, process.execPath], {
    cwd: transportFolder,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(outputFiles[0]?.text)
  let printed = ''
  for await (const text of child.stdout.setEncoding('utf8')) printed += String(text)
  return JSON.parse(printed)
}

it.runIf(process.platform === 'linux')(
  'a process has room for many clients with 256 descriptors',
  { timeout: 120_000 },
  async () => {
    expect(await run(256)).toEqual({ clients: 115, endpoints: 1, failures: [] })
  },
)
