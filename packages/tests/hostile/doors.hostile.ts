import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { eventually, report, Scene, Victim } from './kit.ts'
import {
  ADMISSION,
  askAdmission,
  CALLS,
  dial,
  hasEnded,
  numbers,
  open,
  type RawConnection,
  type RawEndpoint,
  type RawStream,
  rawEndpoint,
  readText,
  within,
} from './raw.ts'
import { callFrame, concat, header, request } from './wire.ts'

const stands = (connection: RawConnection): boolean => connection.closeReason() === null

it.each([
  ['calls', CALLS],
  ['admission', ADMISSION],
])('a connection for %s is closed at its first unidirectional stream, unless QUIC grants none', async (what, alpn) => {
  const scene = await Scene.start()
  const { endpoint, id } = await scene.attacker()
  const connections = await Promise.all([1, 2, 3].map(() => dial(endpoint, scene.address, alpn)))
  const chunk = numbers(new Uint8Array(65_536))
  let opened = 0
  const flood = async (connection: RawConnection): Promise<void> => {
    for (let i = 0; i < 100 && stands(connection); i++) {
      const stream = await within(connection.openUni(), 1_000)
      if (stream === undefined) return
      opened++
      for (let k = 0; k < 8; k++) await within(stream.writeAll(chunk), 200)
    }
  }
  await scene.watch(Promise.all(connections.map(flood)))
  if (opened > 0) {
    const left = await eventually(
      async () => connections.filter(stands).length,
      (count) => count === 0,
      5_000,
    )
    expect(left, 'connections that stand').toBe(0)
    const lines = await eventually(
      () => scene.log(),
      (found) => found.some((line) => line.includes(id)),
      3_000,
    )
    expect(lines.some((line) => /^(?:warn|info) /.test(line) && line.includes(id))).toBe(true)
  }
  await scene.holds(`unidirectional streams, ${what}`, { growth: 128 })
})

it('a peer has at most maxConnectionsPerPeer connections, all peers together maxConnections', async () => {
  const scene = await Scene.start({ maxConnectionsPerPeer: 8, maxConnections: 30 })
  const { endpoint } = await scene.attacker()
  const standing = async (connections: readonly (RawConnection | undefined)[]): Promise<number> =>
    connections.filter((one) => one !== undefined && stands(one)).length
  const own = await Promise.all(Array.from({ length: 40 }, () => within(dial(endpoint, scene.address), 5_000)))
  expect(
    await eventually(
      () => standing(own),
      (count) => count <= 8,
      5_000,
    ),
  ).toBeLessThanOrEqual(8)
  const others = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const other = await rawEndpoint()
      await within(askAdmission(other, scene.address), 5_000)
      return Promise.all(Array.from({ length: 6 }, () => within(dial(other, scene.address), 5_000)))
    }),
  )
  const all = [...own, ...others.flat()]
  expect(
    await eventually(
      () => standing(all),
      (count) => count <= 30,
      5_000,
    ),
  ).toBeLessThanOrEqual(30)
  await scene.holds('connections without end')
})

it('a peer has at most maxSessionsPerPeer sessions; one that ends makes room', async () => {
  const scene = await Scene.start({ maxSessionsPerPeer: 20 })
  const { connection } = await scene.attacker()
  const start = concat(header('Counter', ''), callFrame('add'), request({ n: 1 }))
  const session = async (): Promise<{ stream: RawStream; answer: string }> => {
    const stream = await open(connection, start)
    if (stream === undefined) throw new Error('no stream')
    const part = await within(stream.recv.read(65_536), 10_000)
    return { stream, answer: Buffer.from(part ?? []).toString('latin1') }
  }
  const sessions = await Promise.all(Array.from({ length: 60 }, session))
  const served = sessions.filter(({ answer }) => answer.includes('{"n":1}'))
  const refused = sessions.filter(({ answer }) => !answer.includes('{"n":1}'))
  expect(served).toHaveLength(20)
  expect((await scene.figures()).mostInstances).toBe(20)
  for (const { answer } of refused) expect(answer).toContain('20')
  await served[0]?.stream.send.finish()
  const next = await eventually(session, ({ answer }) => answer.includes('{"n":1}'), 5_000)
  expect(next.answer).toContain('{"n":1}')
  await scene.holds('sessions without end')
})

it('connections and sessions that do nothing end after their idle timeouts, if those are set', async () => {
  const scene = await Scene.start({ connectionIdleTimeoutMs: 3_000, sessionIdleTimeoutMs: 1_000 })
  const { endpoint, connection } = await scene.attacker()
  const idle = await dial(endpoint, scene.address)
  const session = await open(connection, concat(header('Counter', ''), callFrame('add'), request({ n: 1 })))
  if (session === undefined) throw new Error('no stream')
  expect(await readText(session, 15_000)).toContain('{"n":1}')
  const instances = async (): Promise<number> => (await scene.figures()).instances
  expect(await eventually(instances, (count) => count === 0, 10_000)).toBe(0)
  expect(
    await eventually(
      async () => stands(idle),
      (isOpen) => !isOpen,
      15_000,
    ),
  ).toBe(false)
  await scene.holds('idle connections')
})

it('honest consumers are admitted while idle admissions are held open', async () => {
  const scene = await Scene.start()
  const endpoints: RawEndpoint[] = []
  for (let i = 0; i < 9; i++) endpoints.push(...(await Promise.all(Array.from({ length: 30 }, () => rawEndpoint()))))
  let isOver = false
  let held = 0
  // As many connections as there are places; each is opened again some time after it was closed.
  const hold = async (endpoint: RawEndpoint): Promise<void> => {
    while (!isOver) {
      const connection = await within(dial(endpoint, scene.address, ADMISSION), 5_000)
      if (connection !== undefined) {
        held++
        await Promise.race([connection.closed(), sleep(15_000)])
      }
      await sleep(4_000)
    }
  }
  const began = performance.now()
  for (let i = 0; i < endpoints.length && performance.now() - began < 10_000; i += 10) {
    const reached = held + 30
    for (const endpoint of endpoints.slice(i, i + 10)) for (let k = 0; k < 4; k++) void hold(endpoint).catch(() => {})
    await eventually(
      async () => held,
      (count) => count >= reached,
      500,
    )
  }
  const visit = (): Promise<string> => new Victim().visit(scene.address, { connectTimeoutMs: 10_000 })
  const honest = await scene.watch(Promise.all([visit(), visit(), visit()]))
  isOver = true
  const { lines } = await scene.figures()
  report('idle admissions', { held, honest, lines })
  expect(honest).toEqual(['OK', 'OK', 'OK'])
  expect(lines - scene.before.lines, 'lines of the log').toBeLessThan(800)
  await scene.holds('idle admissions')
})

it('garbage for the admission is summarised in the log, and honest consumers get in', async () => {
  const scene = await Scene.start()
  const endpoints = await Promise.all([rawEndpoint(), rawEndpoint()])
  const began = performance.now()
  const garbage = [
    'garbage',
    '['.repeat(60_000),
    JSON.stringify({ credential_json: `{"x":"${'\u001b[2J'.repeat(3_000)}"}`, iid_token: '' }),
    JSON.stringify({ credential_json: 'x'.repeat(60_000), iid_token: 'y' }),
  ]
  const until = performance.now() + 5_000
  let sent = 0
  const flood = async (endpoint: RawEndpoint, text: string): Promise<void> => {
    while (performance.now() < until) {
      const connection = await within(dial(endpoint, scene.address, ADMISSION), 5_000)
      if (connection === undefined) continue
      const stream = await open(connection, Buffer.from(text), { finish: true, ms: 1_000 })
      if (stream !== undefined) await hasEnded(stream, 1_000)
      connection.close(0n, [])
      sent++
    }
  }
  const floods = endpoints.flatMap((endpoint) => garbage.map((text) => flood(endpoint, text)))
  const visits = async (): Promise<string[]> => {
    const honest: string[] = []
    for (let i = 0; i < 3; i++) honest.push(await new Victim().visit(scene.address, { connectTimeoutMs: 10_000 }))
    return honest
  }
  const [honest] = await scene.watch(Promise.all([visits(), ...floods]))
  expect(honest).toEqual(['OK', 'OK', 'OK'])
  const { lines, characters } = await scene.figures()
  report('garbage for the admission', { sent, lines: lines - scene.before.lines, characters })
  // One line and one sum a second for each peer and each of two kinds of lines; the honest consumers have lines of their own.
  const seconds = (performance.now() - began) / 1_000
  expect(lines - scene.before.lines).toBeLessThan(8 * (seconds + 1) + 20)
  expect(characters - scene.before.characters).toBeLessThan(256 * 1_024)
  await scene.holds('garbage for the admission')
})

it('a stream that becomes free is usable at once', async () => {
  const scene = await Scene.start({ maxConcurrentStreams: 100 })
  const victim = new Victim()
  const limits = { maxConnectionsPerTarget: 1 }
  expect(await victim.connect(scene.address, limits)).toBe('OK')
  expect(await victim.ask('openSessions', { count: 100 })).toBe(100)
  const waiting = victim.call({ method: 'echo', request: { text: 'x' }, timeoutMs: 10_000 })
  await sleep(300)
  await victim.ask('closeSession')
  expect(await waiting).toEqual({ OK: 1 })
  await scene.holds('one free stream')
})

it('a client whose connection is full dials another', async () => {
  const scene = await Scene.start({ maxConcurrentStreams: 100 })
  const victim = new Victim()
  expect(await victim.connect(scene.address)).toBe('OK')
  expect(await victim.ask('openSessions', { count: 100 })).toBe(100)
  expect(await victim.call({ method: 'echo', request: { text: 'x' }, timeoutMs: 10_000 })).toEqual({ OK: 1 })
  expect(await victim.ask('openSessions', { count: 100 })).toBe(200)
  await scene.holds('a full connection')
})

it('a flooder leaves places of limits.maxConcurrent to others, and takes all of them while it is alone', async () => {
  const scene = await Scene.start({
    limits: { services: { Work: { methods: { slow: { maxConcurrent: 20, queue: 200 } } } } },
  })
  const flooder = new Victim()
  const other = new Victim()
  expect(await flooder.connect(scene.address)).toBe('OK')
  expect(await other.connect(scene.address)).toBe('OK')
  await flooder.call({ method: 'slow', request: { n: 100 }, times: 60, atOnce: 60 })
  expect((await scene.figures()).mostRunning).toBe(20)
  const flood = flooder.call({ method: 'slow', request: { n: 100 }, times: 3_000, atOnce: 800, timeoutMs: 20_000 })
  await sleep(500)
  const served = await other.call({ method: 'slow', request: { n: 100 }, times: 20, atOnce: 2, timeoutMs: 10_000 })
  report('fair share', { served, flood: await flood })
  expect(served).toEqual({ OK: 20 })
  await scene.holds('fair share')
})

it('stats() counts connections, streams, buffered bytes, admissions, and refusals by their cause', async () => {
  const scene = await Scene.start({ headerTimeoutMs: 500 })
  const { connection } = await scene.attacker()
  const stream = await open(connection, Uint8Array.of(1))
  if (stream === undefined) throw new Error('no stream')
  expect(await hasEnded(stream, 10_000)).toBe(true)
  const { stats } = await scene.figures()
  expect(stats).toBeDefined()
  report('stats', { stats })
  expect(JSON.stringify(stats)).toMatch(/"header":1\b/)
  await scene.holds('stats')
})

it('calls beyond what a connection may have wait and are answered', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const bytes = concat(header('Work', 'slow'), request({ n: 50 }))
  const calls = Array.from({ length: 1_500 }, async () => {
    const stream = await open(connection, bytes, { finish: true, ms: 20_000 })
    return stream === undefined ? 'no stream' : readText(stream, 20_000)
  })
  const answers = await scene.watch(Promise.all(calls))
  expect(answers.filter((answer) => answer.includes('{"n":50}'))).toHaveLength(1_500)
  await scene.holds('1,500 calls on a connection')
})
