// A producer that reports its state. The first argument has settings of the server, as JSON; the environment has the others.
import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AsterServer, implement } from '@aster/server'
import { answer } from './answer.mjs'
import { collectGarbage, measure } from './measure.mjs'
import { Counter, Work } from './services.mjs'

const { tickMs = 0, noteFile, ...options } = JSON.parse(process.argv[2] ?? '{}')

let [lines, characters, running, mostRunning, instances, mostInstances] = [0, 0, 0, 0, 0, 0]
/** The first lines of the log, and the last. */
const log = []
const write = (level) => (fields, message) => {
  const text = `${level} ${message} ${JSON.stringify(fields, (_, value) => (value?.message ? value.message : typeof value === 'bigint' ? String(value) : value))}`
  lines++
  characters += text.length
  log.push(text.slice(0, 2_000))
  if (log.length > 400) log.splice(200, 1)
}
const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }

let random = ''
function blob(length) {
  if (random.length < length) random = randomBytes(length).toString('base64')
  return random.slice(0, length)
}
async function counted(run) {
  mostRunning = Math.max(mostRunning, ++running)
  try {
    return await run()
  } finally {
    running--
  }
}
const slow = ({ n }, { signal }) => counted(async () => (await sleep(n, undefined, { signal }), { n }))
/** The last numbers that were received; numbers arrive roughly in order. */
const noted = new Set()
const doubled = []

const work = implement(Work, {
  echo: (request) => request,
  big: ({ n }) => ({ text: blob(n) }),
  slow,
  any: ({ value }) => ({ n: Array.isArray(value) ? value.length : 0 }),
  lists: ({ items }) => ({ n: items.length }),
  fail({ text }) {
    throw new Error(text)
  },
  note({ n }) {
    if (noted.has(n)) doubled.push(n)
    noted.add(n)
    if (noted.size > 10_000) noted.delete(noted.values().next().value)
    // The file survives if the process is killed.
    if (noteFile !== undefined) appendFileSync(noteFile, `${n}\n`)
    return { n }
  },
  async *ticks({ n }) {
    mostRunning = Math.max(mostRunning, ++running)
    try {
      for (let i = 0; i < n; i++) {
        yield { n: i }
        if (tickMs > 0) await sleep(tickMs)
      }
    } finally {
      running--
    }
  },
  sum: (requests) =>
    counted(async () => {
      let n = 0
      for await (const request of requests) n += request.n
      return { n }
    }),
  async gather(requests) {
    let n = 0
    for await (const request of requests) n += request.n
    return { text: blob(n) }
  },
  async *chat(requests) {
    mostRunning = Math.max(mostRunning, ++running)
    try {
      yield* requests
    } finally {
      running--
    }
  },
})
const counter = implement(Counter, () => {
  mostInstances = Math.max(mostInstances, ++instances)
  let sum = 0
  return {
    add: ({ n }) => ({ n: (sum += n) }),
    big: ({ n }) => ({ text: blob(n) }),
    slow,
    async *chat(requests) {
      yield* requests
    },
    [Symbol.dispose]() {
      instances--
    },
  }
})

const faults = []
process.on('uncaughtException', (error) => faults.push(`uncaught: ${error.stack}`))
process.on('unhandledRejection', (error) => faults.push(`unhandled: ${error?.stack ?? error}`))

const server = new AsterServer({ services: [work, counter], allowAllConsumers: true, logger, ...options })
await server.start()

const figures = () => ({
  ...measure(),
  lines,
  characters,
  running,
  mostRunning,
  instances,
  mostInstances,
  faults,
  stats: typeof server.stats === 'function' ? server.stats() : undefined,
})

answer({
  address: () => server.address,
  figures,
  async collected() {
    await collectGarbage()
    return figures()
  },
  log: () => log,
  /** The numbers that were received more than once. */
  doubled: () => doubled,
  close: () => server.close(),
})
