import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

/** Runs a script of this folder in a Node of its own, from the sources, and gives what it printed once it has exited by itself. */
async function run(script: URL, flags: readonly string[] = ['--expose-gc']): Promise<unknown> {
  // A file, since a worker needs one; in here, since the addon is found from here.
  const folder = await mkdtemp(join(PACKAGE, 'node_modules', '.test-'))
  try {
    const outfile = join(folder, 'child.mjs')
    await bundle(script, outfile)
    return await runFile(outfile, flags)
  } finally {
    await rm(folder, { recursive: true })
  }
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
  })
}

async function runFile(file: string, flags: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [...flags, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let printed = ''
  for await (const text of child.stdout.setEncoding('utf8')) printed += String(text)
  expect(await ended).toBe(0)
  return JSON.parse(printed)
}

it('lets the process exit by itself once the transports are closed', { timeout: 30_000 }, async () => {
  expect(await run(new URL('exit.child.ts', import.meta.url))).toEqual({ closed: true })
})

it('lets a worker end that closed its transports, and warns it; the main thread goes on', async () => {
  const worker = { answer: 'worker', exitCode: 0, codes: ['ASTER_WORKER'] }
  // A worker that is terminated ends with 1.
  const ends = [worker, worker, { ...worker, exitCode: 1 }, worker, worker]
  const script = new URL('worker.child.ts', import.meta.url)
  expect(await run(script, ['--no-warnings'])).toEqual({ ends, answer: 'main', codes: [] })
})

it('keeps no stream and no connection that is done with', { timeout: 60_000 }, async () => {
  expect(await run(new URL('memory.child.ts', import.meta.url))).toEqual({
    calls: 400,
    streamsKept: 0,
    connectionsKept: 0,
  })
})

it('keeps the endpoint as long as a stream is held', { timeout: 30_000 }, async () => {
  expect(await run(new URL('endpoint.child.ts', import.meta.url))).toEqual({ answer: 'still there' })
})

it.runIf(process.platform === 'linux')(
  'does not run out of sockets, and binds a port again, while closed endpoints wait for the collector, whatever is held',
  { timeout: 60_000 },
  async () => {
    const { most, rebound, errors } = (await run(new URL('closed-endpoints.child.ts', import.meta.url), [])) as {
      most: number
      rebound: boolean
      errors: string[]
    }
    // At most 16 closed endpoints and the two that are open, with two sockets each, and the one that is being bound.
    expect(most).toBeLessThanOrEqual(2 * (16 + 2) + 2)
    expect(rebound).toBe(true)
    // Both sides close at once, and a read may learn of either end first.
    const byPeer = 'TransportError: the peer closed the connection with code 0'
    expect(errors.filter((text) => text !== byPeer).toSorted()).toEqual([
      'TransportError: the sending half was reset here with code 1',
      'TransportError: this side closed the connection with code 0',
    ])
  },
)
