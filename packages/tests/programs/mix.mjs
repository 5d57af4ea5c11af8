// A consumer with numbered messages on every pattern at once, again and again until it is told to end. Tells of each call how
// it ended, and of what was lost or doubled without an error.
import { setTimeout as sleep } from 'node:timers/promises'
import { AsterClient } from '@aster/client'
import { answer } from './answer.mjs'
import { collectGarbage, measure } from './measure.mjs'
import { Counter, Work } from './services.mjs'

const { timeoutMs = 10_000, pauseMs = 50, atOnce = 4, keepsCalls = true } = JSON.parse(process.argv[2] ?? '{}')

let client
let work
let stopped = false
let ids = 0
let longestStall = 0
/** By pattern: how often each outcome came. */
const outcomes = {}
/** When calls began and ended, and how, since the last `mark`; times since the epoch. */
let calls = []
const wrong = []
/** The numbers whose answer came. */
const answered = []
const faults = []
process.on('uncaughtException', (error) => faults.push(`uncaught: ${error.stack}`))
process.on('unhandledRejection', (error) => faults.push(`unhandled: ${error?.stack ?? error}`))

async function count(pattern, run) {
  const began = Date.now()
  let outcome = 'OK'
  try {
    await run()
  } catch (error) {
    outcome = error.codeName ?? error.name
    if (outcome !== 'UNAVAILABLE' && outcome !== 'DEADLINE_EXCEEDED' && outcome !== 'CANCELLED') {
      outcome = `${outcome}: ${error.message}`.slice(0, 160)
    }
  }
  const ended = Date.now()
  if (keepsCalls) calls.push({ pattern, began, ended, outcome })
  const ofPattern = (outcomes[pattern] ??= {})
  ofPattern[outcome] = (ofPattern[outcome] ?? 0) + 1
  if (outcome !== 'OK') await sleep(50)
}
const isRight = (pattern, found, expected) => {
  if (found !== expected) wrong.push(`${pattern}: found ${found}, expected ${expected}`)
  return found === expected
}

const patterns = {
  async unary() {
    const n = ++ids
    const response = await work.note({ n }, { timeoutMs })
    if (keepsCalls) answered.push(n)
    isRight('unary', response.n, n)
  },
  async serverStream() {
    let expected = 0
    for await (const { n } of work.ticks({ n: 40 }, { timeoutMs })) isRight('server stream', n, expected++)
    isRight('server stream, items', expected, 40)
  },
  async clientStream() {
    let sum = 0
    async function* numbers() {
      for (let n = 1; n <= 20; n++) {
        sum += n
        yield { n }
        await sleep(20)
      }
    }
    const { n } = await work.sum(numbers(), { timeoutMs })
    isRight('client stream', n, sum)
  },
  async bidiStream() {
    const chat = work.chat({ timeoutMs })
    try {
      for (let n = 0; n < 20; n++) {
        await chat.send({ n })
        const response = await chat.recv()
        if (!isRight('bidi stream', response?.n, n)) return
        await sleep(20)
      }
      chat.finish()
      isRight('bidi stream, its end', await chat.recv(), undefined)
    } finally {
      await chat[Symbol.asyncDispose]()
    }
  },
  /** A call that is cancelled halfway: whatever the network does, it ends at once. */
  async cancelled() {
    const controller = new AbortController()
    const began = Date.now()
    setTimeout(() => controller.abort(), 30)
    const outcome = await work.slow({ n: 5_000 }, { timeoutMs, signal: controller.signal }).then(
      () => 'an answer',
      (error) => error.codeName,
    )
    // A network that is away may be noticed first.
    if (outcome !== 'CANCELLED' && outcome !== 'UNAVAILABLE')
      wrong.push(`cancelled: ${outcome} after ${Date.now() - began} ms`)
  },
}
/** A deadline that passes while the handler runs. */
async function missDeadline() {
  const outcome = await work.slow({ n: 5_000 }, { timeoutMs: 50 }).then(
    () => 'an answer',
    (error) => error.codeName,
  )
  if (outcome !== 'DEADLINE_EXCEEDED') wrong.push(`a deadline: ${outcome}`)
}

async function repeat(pattern, run) {
  while (!stopped) {
    await count(pattern, run)
    await sleep(pauseMs)
  }
}

/** Calls in sessions, each of which counts on its own. */
async function repeatSessions() {
  while (!stopped) {
    let session
    await count('session, its start', async () => {
      session = await client.session(Counter)
    })
    if (session === undefined) continue
    let expected = 0
    let isAlive = true
    while (!stopped && isAlive && expected < 40) {
      await count('session', async () => {
        isAlive = false
        const { n } = await session.add({ n: 1 }, { timeoutMs })
        isAlive = isRight('session', n, ++expected)
      })
      await sleep(pauseMs)
    }
    await closeWithin(session, 15_000)
  }
}

/** A network that is away must not keep the loop. */
async function closeWithin(session, ms) {
  const closed = session.close().catch(() => {})
  await Promise.race([closed, sleep(ms)])
}

/** Clients that come and go, with an endpoint of their own each. */
async function repeatVisits(endpointAddr) {
  while (!stopped) {
    await count('visit', async () => {
      const visitor = await AsterClient.connect({ endpointAddr, logger: false, shareEndpoint: false })
      try {
        const service = await visitor.client(Work)
        await service.echo({ text: 'visit' }, { timeoutMs })
      } finally {
        await visitor.close()
      }
    })
    await sleep(500)
  }
}

let loops = []
setInterval(() => (longestStall = Math.max(longestStall, measure().wall)), 1_000)

answer({
  async start({ endpointAddr, visits = false, deadlines = false }) {
    client = await AsterClient.connect({ endpointAddr, logger: false })
    work = await client.client(Work)
    await work.note({ n: 0 })
    for (const [pattern, run] of Object.entries(patterns)) {
      for (let i = 0; i < (pattern === 'unary' ? atOnce : 1); i++) loops.push(repeat(pattern, run))
    }
    loops.push(repeatSessions())
    if (deadlines) loops.push(repeat('deadline', missDeadline))
    if (visits) loops.push(repeatVisits(endpointAddr))
  },
  mark() {
    calls = []
    longestStall = 0
  },
  calls: () => calls,
  outcomes: () => outcomes,
  /** Ends every loop, and tells whether all calls ended. */
  async end(ms) {
    stopped = true
    let haveEnded = false
    await Promise.race([Promise.all(loops).then(() => (haveEnded = true)), sleep(ms)])
    return { haveEnded, calls, outcomes, wrong, answered, faults, longestStall }
  },
  figures: () => ({ ...measure(), faults }),
  async collected() {
    await collectGarbage()
    return { ...measure(), faults }
  },
  async close() {
    await client.close()
  },
})
