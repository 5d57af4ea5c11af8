import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatNodeAddr, parseAddress } from '@aster/identity'
import { startProgram } from '../programs/start.mjs'

/** The time that a busy machine may add to every asserted time. */
const SLACK_MS = 2_000
/** The deadline of every call. */
const TIMEOUT_MS = 10_000

let ports = 20_000

/** A producer and a consumer on hosts of their own, with the proxy between them. */
export class Scene {
  #folder = mkdtempSync(join(tmpdir(), 'aster-faults-'))
  #key = randomBytes(32).toString('base64')
  #port = (ports += 2)
  #listen = this.#port + 1
  #isLocal

  constructor({ isLocal = false } = {}) {
    this.#isLocal = isLocal
  }

  async start() {
    writeFileSync(this.#notes, '')
    await this.startProducer()
    if (!this.#isLocal) {
      const proxy = { listen: this.#listen, port: this.#port, outgoing: '10.9.0.254' }
      this.proxy = startProgram('../faults/proxy.mjs', proxy)
      await this.proxy.ask('ready')
    }
    const place = this.#isLocal ? {} : { host: 'consumer', env: { ASTER_BIND_ADDR: '0.0.0.0:0' } }
    this.consumer = startProgram('./mix.mjs', { timeoutMs: TIMEOUT_MS }, place)
    await this.consumer.ask('start', { endpointAddr: this.#address })
  }

  async startProducer({ newKey = false, newPort = false } = {}) {
    const port = newPort ? (ports += 2) : this.#port
    const key = newKey ? randomBytes(32).toString('base64') : this.#key
    this.producer = startProgram(
      './producer.mjs',
      { tickMs: 20, noteFile: this.#notes },
      {
        ...(this.#isLocal ? {} : { host: 'producer' }),
        env: { ASTER_SECRET_KEY: key, ASTER_BIND_ADDR: `${this.#isLocal ? '127.0.0.1' : '10.9.0.1'}:${port}` },
      },
    )
    this.#id = parseAddress(await this.producer.ask('address')).endpointId
  }

  #id
  get #notes() {
    return join(this.#folder, 'notes')
  }
  /** The producer's address through the proxy, which is the only way of the consumer. */
  get #address() {
    const address = this.#isLocal ? `127.0.0.1:${this.#port}` : `10.8.0.254:${this.#listen}`
    return formatNodeAddr({ endpointId: this.#id, addresses: [address] })
  }

  host(name, ...args) {
    spawnSync('ip', ['-n', name, ...args], { stdio: 'ignore' })
  }

  async stop() {
    for (const program of [this.producer, this.proxy, this.consumer]) await program?.stop()
    rmSync(this.#folder, { recursive: true })
  }

  /** @returns {number[]} the numbers that producers have received, in order */
  notes() {
    return readFileSync(this.#notes, 'utf8').split('\n').filter(Boolean).map(Number)
  }
}

/** Runs a case and returns its line of the table. */
export async function runCase(one) {
  const { name, outageMs, comesBack = true, stopsConsumer = false, isLocal, silenceMs = 0, run } = one
  const scene = new Scene({ isLocal })
  try {
    await scene.start()
    await sleep(2_500)
    await scene.consumer.ask('mark')
    const before = Date.now()
    await run(scene)
    const over = Date.now()
    const boundMs = 3_000 + outageMs / 2 + silenceMs
    // Long enough for a call that begins after the bound to end.
    await sleep(comesBack ? boundMs + 3_000 : 5_000)
    const result = await scene.consumer.ask('end', TIMEOUT_MS + 10_000)
    return judge({
      name,
      scene,
      result,
      before,
      over,
      boundMs,
      comesBack,
      stoppedMs: stopsConsumer ? over - before : 0,
    })
  } catch (error) {
    return { name, problems: [`${error.name}: ${error.message}`] }
  } finally {
    await scene.stop()
  }
}

/** Patterns whose calls have one message each; streams take longer by nature. */
const SINGLE = ['unary', 'session']

function judge({ name, scene, result, before, over, boundMs, comesBack, stoppedMs }) {
  const { haveEnded, calls, wrong, answered, faults, longestStall } = result
  const problems = [...wrong, ...faults]
  const slackMs = SLACK_MS + 3 * longestStall + stoppedMs
  if (!haveEnded) problems.push('some calls have not ended')

  const notes = scene.notes()
  const doubled = notes.filter((n, i) => notes.indexOf(n) !== i)
  if (doubled.length > 0) problems.push(`received twice: ${doubled}`)
  const received = new Set(notes)
  const lost = answered.filter((n) => !received.has(n))
  if (lost.length > 0) problems.push(`answered and never received: ${lost}`)

  // The start of a session has no deadline of its own.
  const timed = calls.filter(({ pattern }) => pattern !== 'session, its start')
  const longest = Math.max(0, ...timed.map(({ began, ended }) => ended - began))
  if (longest > TIMEOUT_MS + slackMs) problems.push(`a call took ${longest} ms with a deadline of ${TIMEOUT_MS} ms`)

  const good = calls.filter(({ outcome }) => outcome === 'OK')
  const bad = calls.filter(({ outcome }) => outcome !== 'OK')
  for (const { outcome, pattern } of bad) {
    if (outcome.includes(':')) problems.push(`${pattern}: ${outcome}`)
  }
  const next = good
    .filter(({ pattern, ended }) => SINGLE.includes(pattern) && ended > over)
    .map(({ ended }) => ended - over)
  const againMs = next.length === 0 ? undefined : Math.min(...next)
  if (comesBack) {
    if (againMs === undefined || againMs > boundMs + slackMs)
      problems.push(`the next call succeeded ${againMs ?? 'never'} ms after the outage, not within ${boundMs}`)
    const late = bad.filter(({ began }) => began > over + boundMs + slackMs)
    if (late.length > 0) problems.push(`${late.length} calls that began later failed: ${late[0]?.outcome}`)
  } else if (againMs !== undefined && next.some((ms) => ms > slackMs)) {
    problems.push(`a call succeeded ${Math.max(...next)} ms after the producer was gone`)
  }
  return {
    name,
    outageMs: over - before,
    ok: good.length,
    failed: summary(bad),
    doubled: doubled.length,
    lost: lost.length + wrong.length,
    longest,
    againMs,
    boundMs: comesBack ? boundMs : undefined,
    problems,
  }
}

function summary(calls) {
  const counts = {}
  for (const { outcome } of calls) {
    const code = outcome.split(':')[0]
    counts[code] = (counts[code] ?? 0) + 1
  }
  return Object.entries(counts)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ')
}
