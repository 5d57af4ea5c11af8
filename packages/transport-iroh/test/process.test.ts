import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import type { BindingName } from '../src/binding.ts'
import { describeBindings } from './bindings.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

interface RunOptions {
  readonly binding: BindingName
  /** @default ['--expose-gc'] */
  readonly flags?: readonly string[]
  readonly args?: readonly string[]
  /** The destination of the error output. @default 'inherit' */
  readonly stderr?: 'ignore' | 'pipe'
}

interface Ended {
  readonly code: number | null
  readonly printed: string
  /** The error output, if it is piped. */
  readonly errors: string
}

/** Runs a script of this folder in a Node process of its own, from the sources. Returns its output and its exit code. */
async function runToEnd(
  script: URL,
  { binding, flags = ['--expose-gc'], args = [], stderr }: RunOptions,
): Promise<Ended> {
  // The script must be a file, since a worker needs one, and must lie in this package, so that it finds the addons.
  const folder = await mkdtemp(join(PACKAGE, 'node_modules', '.test-'))
  try {
    const outfile = join(folder, 'child.mjs')
    await bundle(script, outfile)
    const child = spawn(process.execPath, [...flags, outfile, ...args], {
      stdio: ['ignore', 'pipe', stderr ?? 'inherit'],
      env: { ...process.env, ASTER_IROH_BINDING: binding },
    })
    const { stdout } = child
    if (stdout === null) throw new Error('the output of the process is not piped')
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    let printed = ''
    let errors = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => void (errors += text))
    for await (const text of stdout.setEncoding('utf8')) printed += String(text)
    return { code: await ended, printed, errors }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Runs a script that exits by itself. Returns its output. */
async function run(script: URL, options: RunOptions): Promise<unknown> {
  const { code, printed } = await runToEnd(script, options)
  expect(code).toBe(0)
  return JSON.parse(printed)
}

async function bundle(script: URL, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@aster/source'],
    external: ['@number0/iroh'],
    plugins: [
      {
        // A binary lies beside its loader, whose sources Node may not be able to run.
        name: 'addon',
        setup(building) {
          building.onLoad({ filter: /iroh-native\/src\/[\w-]+\.ts$/ }, async ({ path }) => {
            const contents = await readFile(path, 'utf8')
            return {
              contents: contents.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path))),
              loader: 'ts',
            }
          })
        },
      },
    ],
  })
}

describeBindings('a process', (binding) => {
  it('allows the process to exit by itself once the transports are closed', { timeout: 30_000 }, async () => {
    expect(await run(new URL('exit.child.ts', import.meta.url), { binding })).toEqual({ closed: true })
  })

  it('allows a worker that closed its transports to end; the main thread continues', { timeout: 60_000 }, async () => {
    // Only over number0 does a worker with an open transport abort the process, so only there is the warning expected.
    const worker = { answer: 'worker', exitCode: 0, codes: binding === 'number0' ? ['ASTER_WORKER'] : [] }
    // A terminated worker exits with code 1.
    const ends = [worker, worker, { ...worker, exitCode: 1 }, worker, worker]
    expect(await run(new URL('worker.child.ts', import.meta.url), { binding, flags: ['--no-warnings'] })).toEqual({
      ends,
      answer: 'main',
      codes: [],
    })
  })

  it('keeps no stream and no connection that has ended', { timeout: 60_000 }, async () => {
    expect(await run(new URL('memory.child.ts', import.meta.url), { binding })).toEqual({
      calls: 400,
      streamsKept: 0,
      connectionsKept: 0,
    })
  })

  it('keeps the endpoint while a stream is held', { timeout: 30_000 }, async () => {
    expect(await run(new URL('endpoint.child.ts', import.meta.url), { binding })).toEqual({ answer: 'still there' })
  })

  it.runIf(binding === 'native')(
    'outlives connections whose packets are lost after the handshake',
    { timeout: 60_000 },
    async () => {
      // A panic of the addon's thread shows in the error output, and may end the process later.
      const options = { binding, flags: ['--no-warnings'], stderr: 'pipe' } as const
      expect(await runToEnd(new URL('lost-packets.child.ts', import.meta.url), options)).toEqual({
        code: 0,
        printed: '{"answer":"still there"}',
        errors: '',
      })
    },
  )

  it.runIf(process.platform === 'linux')(
    'does not run out of sockets, and binds a port again, while closed endpoints wait for the collector, whatever is held',
    { timeout: 60_000 },
    async () => {
      const { most, rebound, errors } = (await run(new URL('closed-endpoints.child.ts', import.meta.url), {
        binding,
        flags: [],
      })) as {
        most: number
        rebound: boolean
        errors: string[]
      }
      // At most 16 closed endpoints and the two open ones, with two sockets each, and the one that is being bound.
      expect(most).toBeLessThanOrEqual(2 * (16 + 2) + 2)
      expect(rebound).toBe(true)
      // Both sides close at once, so that a read may report either end first.
      const byPeer = 'TransportError: the peer closed the connection with code 0'
      expect(errors.filter((text) => text !== byPeer).toSorted()).toEqual([
        'TransportError: the sending half was reset here with code 1',
        'TransportError: this side closed the connection with code 0',
      ])
    },
  )

  it.each([
    ['ends', 3],
    ['throws', 1],
  ])('exits at once with operations of every kind in progress if it %s', { timeout: 60_000 }, async (how, code) => {
    const options = { binding, flags: [], args: [how], stderr: 'ignore' } as const
    expect(await runToEnd(new URL('sudden-exit.child.ts', import.meta.url), options)).toEqual({
      code,
      printed: 'under way',
      errors: '',
    })
  })

  it.runIf(binding === 'native')(
    'outlives workers that end with everything under way',
    { timeout: 60_000 },
    async () => {
      const ended = { terminated: 1, ended: 3, thrown: 'not today' }
      expect(await run(new URL('sudden-worker.child.ts', import.meta.url), { binding, flags: [] })).toEqual({
        ends: [ended, ended],
        answer: 'main',
      })
    },
  )
})
