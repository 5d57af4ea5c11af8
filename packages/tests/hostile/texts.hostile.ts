import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { report, Scene, Victim } from './kit.ts'
import { type Admission, nodeAddr, startLiar } from './liar.ts'
import { numbers, open, type RawConnection, rawEndpoint, readText } from './raw.ts'
import { callFrame, concat, header, request, STEERING, STEERS, STEERS_IN_BYTES } from './wire.ts'

async function answerTo(connection: RawConnection, bytes: Uint8Array, ms = 15_000): Promise<string> {
  const stream = await open(connection, bytes, { finish: true, ms })
  return stream === undefined ? 'no stream' : readText(stream, ms, 16 << 20)
}
/** The answer to a call of `echo`. */
const ECHO = '{"text":"echoed"}'
const echo = (fields: Parameters<typeof header>[2], service = 'Work'): Uint8Array =>
  concat(header(service, 'echo', fields), request({ text: 'echoed' }))

it('metadata is counted before equal keys are merged', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const lists = (keys: number, values = keys) => ({
    metadataKeys: Array<string>(keys).fill(''),
    metadataValues: Array<string>(values).fill(''),
  })
  expect(await answerTo(connection, echo(lists(0)))).toContain(ECHO)
  const odd = [lists(2_000), lists(2_000, 1), lists(1, 2_000), lists(1_500_000)]
  const answers = await scene.watch(Promise.all(odd.map((fields) => answerTo(connection, echo(fields)))))
  for (const answer of answers) {
    expect.soft(answer).not.toContain(ECHO)
    expect.soft(answer).not.toContain('<nothing>')
  }
  await scene.holds('equal keys')
})

it('ids and names of megabytes are refused, long ones are cut in answers and in the log', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const long = 'x'.repeat(60_000)
  const huge = 'x'.repeat(8 << 20)
  const failing = (fields: Parameters<typeof header>[2]): Uint8Array =>
    concat(header('Work', 'fail', fields), request({ text: 'failed' }))
  const session = (method: string, fields: Parameters<typeof callFrame>[1] = {}): Uint8Array =>
    concat(header('Counter', ''), callFrame(method, fields), request({ n: 1 }))
  const calls = [
    ...Array.from({ length: 4 }, () => failing({ callId: huge })),
    ...Array.from({ length: 10 }, () => failing({ callId: long })),
    echo({ service: long }),
    concat(header('Work', long), request({})),
    session(long),
    session('add', { callId: huge }),
  ]
  const answers: string[] = []
  await scene.watch(
    (async () => {
      for (const call of calls) answers.push(await answerTo(connection, call))
    })(),
  )
  const { lines, characters } = await scene.figures()
  report('long ids', { longestAnswer: Math.max(...answers.map(({ length }) => length)), lines, characters })
  for (const answer of answers) expect.soft(answer.length).toBeLessThan(16_384)
  expect.soft(characters - scene.before.characters, 'characters of the log').toBeLessThan(65_536)
  await scene.holds('long ids')
})

it('characters that steer a terminal reach neither the log nor an answer', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const odd = [
    echo({ service: STEERING }),
    concat(header('Work', STEERING), request({})),
    concat(header('Work', 'fail', { callId: STEERING }), request({ text: 'failed' })),
    echo({ metadataKeys: [STEERING], metadataValues: [STEERING] }),
    concat(header('Counter', '', { callId: STEERING }), callFrame(STEERING), request({ n: 1 })),
    concat(header('Counter', ''), callFrame('add', { callId: STEERING }), request({ n: STEERING })),
    concat(header('Work', 'echo'), request({ [STEERING]: STEERING })),
  ]
  for (const bytes of odd) {
    const answer = await answerTo(connection, bytes, 3_000)
    // Lengths and flags of frames, and Fory, use bytes below U+0020 as well.
    expect.soft(answer).not.toMatch(STEERS_IN_BYTES)
  }
  const lines = await scene.log()
  for (const line of lines) expect.soft(line).not.toMatch(STEERS)
  await scene.holds('steering characters')
})

const lies: readonly (readonly [string, (honest: Admission) => unknown])[] = [
  ['names', (honest) => ({ ...honest, services: honest.services.map((one) => ({ ...one, name: STEERING })) })],
  ['a reason', (honest) => ({ ...honest, admitted: false, reason: STEERING })],
  [
    'channels',
    (honest) => ({ ...honest, services: honest.services.map((one) => ({ ...one, channels: { rpc: STEERING } })) }),
  ],
  [
    'a channel name',
    (honest) => ({ ...honest, services: honest.services.map((one) => ({ ...one, channels: { [STEERING]: 'x' } })) }),
  ],
  ['a version', (honest) => ({ ...honest, services: honest.services.map((one) => ({ ...one, version: STEERING })) })],
]

it.each(lies)('an admission with %s that steer a terminal leaves no such character', async (_, answer) => {
  const liar = await startLiar({ answer })
  const victim = new Victim()
  const outcome = await victim.connect(liar.endpointAddr, { connectTimeoutMs: 3_000, timeoutMs: 3_000 })
  const calls = outcome === 'OK' ? Object.keys(await victim.call({ method: 'echo', request: { text: 'x' } })) : []
  const texts = [outcome, ...calls, ...(await victim.ask<string[]>('log'))]
  for (const text of texts) expect.soft(text).not.toMatch(STEERS)
  for (const args of [[], ['--json']]) {
    const output = await runCli(['services', ...args, liar.endpointAddr])
    expect.soft(output, `aster services ${args.join(' ')}`).not.toMatch(STEERS)
  }
})

it('the reason of a closed connection is shown without characters that steer a terminal', async () => {
  const liar = await startLiar({
    async onAdmission(connection) {
      await connection.acceptBi()
      connection.close(7n, numbers(STEERING))
    },
  })
  const victim = new Victim()
  const outcome = await victim.connect(liar.endpointAddr, { connectTimeoutMs: 2_000 })
  expect(outcome).not.toBe('OK')
  expect.soft(outcome).not.toMatch(STEERS)
  expect.soft(await runCli(['services', liar.endpointAddr])).not.toMatch(STEERS)
})

async function runCli(args: readonly string[]): Promise<string> {
  const program = join(import.meta.dirname, '../../cli/bin/aster.js')
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      ...process.env,
      ASTER_RELAY_MODE: 'disabled',
      ASTER_BIND_ADDR: '127.0.0.1:0',
      ASTER_CONNECT_TIMEOUT_MS: '2000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  child.stderr.on('data', (part: Buffer) => (output += part.toString()))
  await once(child, 'close')
  return output
}

it('an admission that names thousands of addresses makes a client send to few of them', async () => {
  const socket = createSocket('udp4')
  let datagrams = 0
  socket.on('message', () => datagrams++)
  socket.bind(0, '0.0.0.0')
  await once(socket, 'listening')
  const { port } = socket.address()
  const absent = (await rawEndpoint()).id().toString()
  const addresses = Array.from({ length: 2_700 }, (_, i) => `127.1.${i >> 8}.${i & 255}:${port}`)
  const lying = nodeAddr(absent, addresses)
  const liar = await startLiar({
    answer: (honest) => ({
      ...honest,
      services: honest.services.slice(0, 1).map((one) => ({ ...one, channels: { rpc: lying } })),
    }),
  })
  const victim = new Victim()
  const connected = await victim.connect(liar.endpointAddr, { connectTimeoutMs: 3_000 })
  const outcomes =
    connected === 'OK' ? await victim.call({ method: 'echo', request: { text: 'x' }, timeoutMs: 4_000 }) : {}
  await sleep(500)
  socket.close()
  report('thousands of addresses', { datagrams, connected, outcomes })
  // 15 addresses, each several times, since QUIC repeats its first packet.
  expect(datagrams).toBeLessThan(15 * 16)
})
