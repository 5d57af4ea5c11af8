import { parseIdentityFile, parseRootKey } from '@aster/identity'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs'
import module from 'node:module'
import { platform } from 'node:process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

/** Missing before Node 22.1. */
const enableCompileCache: unknown = Reflect.get(module, 'enableCompileCache')
const bin = fileURLToPath(new URL('../bin/aster.js', import.meta.url))

/** Runs the built command as a separate process. */
async function aster(args: readonly string[], stdin = ''): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const running = promisify(execFile)(process.execPath, [bin, ...args], { cwd: place.folder, env: {}, timeout: 50_000 })
  running.child.stdin?.end(stdin)
  return running.then(
    (done) => ({ code: 0, ...done }),
    (error: { code: unknown; stdout: string; stderr: string }) => error,
  )
}

it('runs as a process: arguments, working directory, pipes, exit code', async () => {
  const made = await aster(['keygen', 'root', '--json'])
  expect([made.code, made.stderr]).toEqual([0, ''])
  const key = place.read('root.key')
  expect(JSON.parse(made.stdout)).toMatchObject({ rootPubkey: parseRootKey(key).publicKey })

  const enrolled = await aster(['enroll', 'consumer', '--name', 'a', '--root-key', '-'], key)
  expect([enrolled.code, enrolled.stderr]).toEqual([0, ''])
  expect((await aster(['identity', 'show'])).stdout).toContain('(in 30 days)')

  const again = await aster(['keygen', 'root'])
  expect(again).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^aster: root\.key is there already .*\n$/),
  })
}, 120_000)

it.skipIf(enableCompileCache === undefined)(
  'keeps compiled code in the folder of the user for caches',
  async () => {
    const env = { XDG_CACHE_HOME: place.folder }
    await promisify(execFile)(process.execPath, [bin, '--version'], { cwd: place.folder, env, timeout: 50_000 })
    expect(readdirSync(`${place.folder}/aster/node`)).not.toEqual([])
  },
  60_000,
)

it('makes code of definitions in a file, with the names that it exports', async () => {
  const core = new URL('../../rpc-core/dist/index.js', import.meta.url).pathname
  const [Point, hidden] = ["t.struct('geo/Point', { x: t.int })", "t.struct('geo/Hidden', { p: GeoPoint })"]
  place.write(
    'definitions.mjs',
    `import { defineService, t, unary } from '${core}'
export const GeoPoint = ${Point}
const hidden = ${hidden}
export const GeoService = defineService({ name: 'Geo', methods: { mirror: unary(GeoPoint, hidden) } })
`,
  )
  const made = await aster(['gen', 'definitions.mjs'])
  expect([made.code, made.stderr]).toEqual([0, ''])
  expect(made.stdout).toContain(`export const GeoPoint = ${Point}`)
  expect(made.stdout).toContain(`export const Hidden = ${hidden}`)
  expect(made.stdout).toContain("export const GeoService = defineService({ name: 'Geo',")
  expect((await aster(['gen', '--lang', 'python', 'definitions.mjs'])).stdout).toContain('class GeoService:')

  place.write('empty.mjs', 'export const x = 1')
  expect(await aster(['gen', 'empty.mjs'])).toMatchObject({ code: 1, stderr: expect.stringContaining('no service') })
  place.write('waits.mjs', 'await 1')
  expect(await aster(['gen', 'waits.mjs'])).toMatchObject({ code: 1, stderr: expect.stringContaining('top level') })
  place.write('throws.cjs', "throw new Error('one\\ntwo')")
  expect(await aster(['gen', 'throws.cjs'])).toMatchObject({ stderr: 'aster: cannot load throws.cjs: one\n' })
}, 120_000)

/** Runs the built command with an open file in place of stdout. */
async function asterInto(stdout: number, args: readonly string[]): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: place.folder,
    env: {},
    stdio: ['ignore', stdout, 'pipe'],
  })
  const [stderr, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')])
  closeSync(stdout)
  return { code, stderr }
}

const lost = 'aster: stdout cannot be written to: '

it.skipIf(!existsSync('/dev/full'))(
  'says on one line that stdout is a full disk',
  async () => {
    for (const args of [['keygen', 'node'], ['--help'], ['keygen', 'node', '--force', '--json']]) {
      const { code, stderr } = await asterInto(openSync('/dev/full', 'w'), args)
      const message = 'stdout cannot be written to: a full disk'
      const json = { error: { kind: 'failed', exitCode: 1, message, messages: [message] } }
      expect([code, stderr]).toEqual([
        1,
        args.includes('--json') ? `${JSON.stringify(json)}\n` : `${lost}a full disk\n`,
      ])
    }
  },
  120_000,
)

it.skipIf(platform === 'win32')(
  'says on one line that the reader of stdout has gone',
  async () => {
    const makePipe = 'mkfifo'
    execFileSync(makePipe, [place.path('pipe')])
    const both = openSync(place.path('pipe'), 'r+')
    const writer = openSync(place.path('pipe'), 'w')
    closeSync(both)
    expect(await asterInto(writer, ['keygen', 'node'])).toEqual({
      code: 1,
      stderr: `${lost}a pipe that its reader has closed\n`,
    })
  },
  120_000,
)

it('keeps the exit code if stderr is closed', async () => {
  const child = spawn(process.execPath, [bin, 'keygn'], {
    cwd: place.folder,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.destroy()
  expect(await once(child, 'close')).toEqual([2, null])
}, 120_000)

it.skipIf(platform === 'win32')(
  'says on one line that its working folder is gone',
  async () => {
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"'
    const args = ['-c', script, process.execPath, bin, 'identity', 'show']
    const run = promisify(execFile)('sh', args, { cwd: place.folder, env: {} })
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: 'aster: the working folder is gone; change to another one\n',
    })
  },
  120_000,
)

it('loses no entry of commands that run at the same time', async () => {
  await aster(['keygen', 'root'])
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const enroll = ['enroll', 'consumer', '--root-key', 'root.key', '--identity', 'id', '--name']
  const runs = await Promise.all(names.map((name) => aster([...enroll, name])))
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(names.map(() => [0, '']))
  const { node, peers } = parseIdentityFile(place.read('id'))
  expect(peers.map(({ name = '' }) => name).toSorted()).toEqual(names)
  for (const peer of peers) expect(peer).toMatchObject({ credential: { endpointId: node?.endpointId } })
  expect(readdirSync(place.folder).toSorted()).toEqual(['id', 'root.key', 'root.pub'])
}, 120_000)
