// A consumer that sends numbered messages on every pattern at once until it is told to end. Reports how each call ended, and
// which messages were lost or doubled without an error.
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
/** The number of each outcome, by pattern. */
const outcomes = {}
/** The calls since the last `mark`: when they began and ended (in milliseconds since the epoch), and how. */
let calls = []
const wrong = []
/** The numbers that were answered. */
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
  /** Makes a call and cancels it halfway: it must end at once, in any state of the network. */
  async cancelled() {
    const controller = new AbortController()
    const began = Date.now()
    setTimeout(() => controller.abort(), 30)
    const outcome = await work.slow({ n: 5_000 }, { timeoutMs, signal: controller.signal }).then(
      () => 'an answer',
      (error) => error.codeName,
    )
    // The loss of the network may be noticed first.
    if (outcome !== 'CANCELLED' && outcome !== 'UNAVAILABLE')
      wrong.push(`cancelled: ${outcome} after ${Date.now() - began} ms`)
  },
}
/** Makes calls whose deadline passes while the handler runs. */
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

/** Makes calls in sessions, each of which has a count of its own. */
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

/** Closes a session, and goes on after `ms` milliseconds if the network is cut. */
async function closeWithin(session, ms) {
  const closed = session.close().catch(() => {})
  await Promise.race([closed, sleep(ms)])
}

/** Opens and closes clients with an endpoint of their own each. */
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
  /** Ends every loop. Returns whether all calls ended. */
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
