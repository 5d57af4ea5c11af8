// A consumer, driven over IPC. Settings come from the environment.
import { setTimeout as sleep } from 'node:timers/promises'
import { AsterClient } from '@aster/client'
import { IrohTransport } from '@aster/transport-iroh'
import { answer } from '../programs/answer.mjs'
import { Counter, Numbers } from './services.mjs'

const { ASTER_RELAY_MODE: relayMode, ASTER_RELAY_TOKEN: relayToken, DEAD_PEER_MS } = process.env
const deadPeerMs = DEAD_PEER_MS === undefined ? undefined : Number(DEAD_PEER_MS)
const iroh = await IrohTransport.bind({ relayMode, relayToken, deadPeerMs })
/** All connections, whose paths are examined. */
const connections = []
const transport = {
  get localAddress() {
    return iroh.localAddress
  },
  listen: (options) => iroh.listen(options),
  close: () => iroh.close(),
  async connect(address, options) {
    // A client begins a second dial if the first one takes long.
    dialBegan ??= performance.now()
    const connection = await iroh.connect(address, options)
    if (dialBegan !== undefined) lastDialMs = performance.now() - dialBegan
    dialBegan = undefined
    connections.push(connection)
    return connection
  },
}
let dialBegan
let lastDialMs = 0
let client
let numbers
let load

answer({
  async connect({ endpointAddr, connectTimeoutMs }) {
    const began = performance.now()
    client = await AsterClient.connect({ endpointAddr, connectTimeoutMs, transport })
    numbers = await client.client(Numbers)
    await numbers.note({ n: -1 })
    return { ms: Math.round(performance.now() - began), paths: paths() }
  },
  paths,
  /** Calls once. Returns the duration of the call, and the time until its dial succeeded. */
  async call() {
    const began = performance.now()
    const { text } = await numbers.text({ text: 'x' })
    return { text, ms: performance.now() - began, dialMs: lastDialMs }
  },
  text: async (length) => (await numbers.text({ text: 'x'.repeat(length) })).text.length,
  /** Drops the connections, as a lost network does. */
  async cut() {
    const gone = connections.splice(0)
    for (const connection of gone) connection.close()
    await Promise.all(gone.map(({ closed }) => closed))
  },
  /** Starts streams, unary calls and a session, all numbered. */
  load() {
    load = startLoad()
  },
  progress: () => load.progress(),
  /** Stops them and returns their outcomes. */
  endLoad: () => load.end(),
})

function paths() {
  return connections.flatMap((connection) => connection.paths)
}

/** Does the work of `await using`, which Node 20 cannot parse. */
async function leaving(resource, use) {
  try {
    await use(resource)
  } finally {
    await resource[Symbol.asyncDispose]()
  }
}

function startLoad() {
  const seen = { items: 0, calls: 0, sessionCalls: 0, gapMs: 0, failures: [], wrong: [], answered: [] }
  let stopped = false
  let ids = 0
  const fail = (what, error) => {
    seen.failures.push(`${what}: ${error.codeName ?? error.name}: ${error.message}`)
    return sleep(100)
  }
  const gap = (since) => {
    seen.gapMs = Math.max(seen.gapMs, Math.round(performance.now() - since))
    return performance.now()
  }
  const loop = async (what, run) => {
    while (!stopped) await run().catch((error) => fail(what, error))
  }
  const stream = async () => {
    let expected = 0
    let last = performance.now()
    for await (const { n } of numbers.count({ n: 1_000_000 })) {
      if (n !== expected++) seen.wrong.push(`the stream has ${n}, expected ${expected - 1}`)
      last = gap(last)
      seen.items++
      if (stopped) return
    }
    if (!stopped) seen.wrong.push('the stream ended early')
  }
  const echo = async () => {
    await leaving(numbers.echo(), async (chat) => {
      for (let n = 0; !stopped; n++) {
        await chat.send({ n })
        const item = await chat.recv()
        if (item?.n !== n) return void seen.wrong.push(`the chat has ${item?.n}, expected ${n}`)
        seen.items++
        await sleep(20)
      }
    })
  }
  const unary = async () => {
    const id = ids++
    const { n } = await numbers.note({ n: id })
    seen.answered.push(id)
    if (n !== id) seen.wrong.push(`the answer to ${id} is ${n}`)
    seen.calls++
    await sleep(20)
  }
  const session = async () => {
    await leaving(await client.session(Counter), async (one) => {
      for (let expected = 1; !stopped; expected++) {
        const { n } = await one.add({ n: 1 })
        if (n !== expected) return void seen.wrong.push(`the session counts ${n}, expected ${expected}`)
        seen.sessionCalls++
        await sleep(20)
      }
    })
  }
  const loops = [loop('stream', stream), loop('chat', echo), loop('unary', unary), loop('session', session)]
  return {
    progress: () => ({
      items: seen.items,
      calls: seen.calls,
      sessionCalls: seen.sessionCalls,
      failures: seen.failures,
    }),
    async end() {
      stopped = true
      await Promise.all(loops)
      return { ...seen, answered: seen.answered.length, asked: ids }
    },
  }
}
