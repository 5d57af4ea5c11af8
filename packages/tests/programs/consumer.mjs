// A consumer, driven over IPC: calls a producer that may lie, and reports the outcomes.
import { setTimeout as sleep } from 'node:timers/promises'
import { AsterClient } from '@aster/client'
import { answer } from './answer.mjs'
import { collectGarbage, measure } from './measure.mjs'
import { Counter, Work } from './services.mjs'

let client
let work
const sessions = []
const streams = []
const chats = []
let lines = []
const write = (level) => (fields, message) => {
  lines.push(`${level} ${message} ${JSON.stringify(fields, (_, value) => value?.message ?? value)}`.slice(0, 2_000))
  if (lines.length > 1_000) lines = lines.slice(-1_000)
}
const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
const faults = []
process.on('uncaughtException', (error) => faults.push(`uncaught: ${error.stack}`))
process.on('unhandledRejection', (error) => faults.push(`unhandled: ${error?.stack ?? error}`))

const outcome = (promise) =>
  promise.then(
    () => 'OK',
    (error) => `${error.codeName ?? error.name}: ${error.message}`,
  )

/** Runs `run` `times` times, `atOnce` at a time, and counts the outcomes. */
async function repeat({ times, atOnce = 20, run }) {
  const outcomes = {}
  let next = 0
  const worker = async () => {
    while (next < times) {
      const found = await outcome(run(next++))
      const key = found.slice(0, 200)
      outcomes[key] = (outcomes[key] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: Math.min(times, atOnce) }, worker))
  return outcomes
}

async function talk(chat, n) {
  await chat.send({ n })
  const response = await chat.recv()
  if (response?.n !== n) throw new Error(`${n} was answered by ${response?.n}`)
}

answer({
  async connect({ endpointAddr, ...options }) {
    return outcome(
      (async () => {
        client = await AsterClient.connect({ endpointAddr, logger, ...options })
        work = await client.client(Work)
      })(),
    )
  },
  services: () => client.services,
  /** Connects, and closes the client again. */
  async visit({ endpointAddr, ...options }) {
    return outcome(
      (async () => {
        const visitor = await AsterClient.connect({ endpointAddr, logger, shareEndpoint: false, ...options })
        await visitor.close()
      })(),
    )
  },
  /** Calls `method` with `request` and counts the outcomes. */
  call: ({ method, request, times = 1, atOnce, timeoutMs }) =>
    repeat({ times, atOnce, run: () => work[method](request, { timeoutMs }) }),
  /** Opens server streams and asks each for an item. */
  openStreams({ count }) {
    for (let i = 0; i < count; i++) {
      const items = work.ticks({ n: 1 })[Symbol.asyncIterator]()
      void items.next().catch(() => {})
      streams.push(items)
    }
  },
  async openSessions({ count }) {
    for (let i = 0; i < count; i++) {
      const session = await client.session(Counter)
      sessions.push(session)
      await session.add({ n: 1 }, { timeoutMs: 10_000 })
    }
    return sessions.length
  },
  callSessions: ({ times }) =>
    repeat({
      times: times * sessions.length,
      atOnce: sessions.length,
      run: (i) => sessions[i % sessions.length].add({ n: 1 }, { timeoutMs: 60_000 }),
    }),
  async closeSessions() {
    await Promise.all(sessions.splice(0).map((session) => session.close()))
  },
  /** Opens bidi streams, each with a message that is answered. */
  async openChats({ count }) {
    const opened = Array.from({ length: count }, () => work.chat({ timeoutMs: 120_000 }))
    chats.push(...opened)
    return repeat({ times: count, atOnce: count, run: (i) => talk(opened[i], i) })
  },
  /** Sends another message on each of them, and ends them. */
  finishChats: () => {
    const open = chats.splice(0)
    return repeat({
      times: open.length,
      atOnce: open.length,
      async run(i) {
        await talk(open[i], -i)
        open[i].finish()
        if ((await open[i].recv()) !== undefined) throw new Error('one message too many')
      },
    })
  },
  /** Opens clients with an endpoint each, and calls once with each when all of them are open. */
  async clients({ endpointAddr, count, atOnce }) {
    const open = []
    const connected = await repeat({
      times: count,
      atOnce,
      async run() {
        open.push(await AsterClient.connect({ endpointAddr, logger, shareEndpoint: false, connectTimeoutMs: 60_000 }))
      },
    })
    const outcomes = await repeat({
      times: open.length,
      atOnce,
      run: async (i) => (await open[i].client(Work)).echo({ text: 'x' }, { timeoutMs: 60_000 }),
    })
    await repeat({ times: open.length, atOnce, run: (i) => open[i].close() })
    return connected.OK === count ? outcomes : connected
  },
  closeSession: () => sessions.shift()?.close(),
  figures: () => ({ ...measure(), faults }),
  async collected() {
    await collectGarbage()
    return { ...measure(), faults }
  },
  /** Returns the percentage of a core that the process uses in `ms` milliseconds. */
  async processor(ms) {
    const began = process.cpuUsage()
    await sleep(ms)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / ms / 10
  },
  log: () => lines,
  close: () => client?.close(),
})
