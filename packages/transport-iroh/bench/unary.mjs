// Unary calls of 100 bytes each way, a stream for each call, over loopback between two processes: the bare addon and this
// transport alternate. Build first. `node bench/unary.mjs [rounds]`; if TOKIO_WORKER_THREADS is set, both use it. The CPU
// time is that of both processes together. On a busy machine, single runs mean little.
import { fork } from 'node:child_process'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

const SYSTEMS = { raw: () => import('./raw-iroh.bench.mjs'), transport: () => import('./transport.mjs') }
const LEVELS = [1, 16, 64]
const SECONDS = 1
const REQUEST = new Uint8Array(100).map((_, i) => i)

const [, , role, argument] = argv

if (role === 'serve') {
  const { serve } = await SYSTEMS[argument]()
  process.send(await serve((request) => request))
  process.on('message', () => process.send(cpu()))
} else if (role === 'dial') {
  const { dial } = await SYSTEMS[argument]()
  const prepare = async (address) => {
    const client = await dial(address)
    await measure(client, 64, 1)
    process.on('message', (level) => void measure(client, level, SECONDS).then((result) => process.send(result)))
    process.send('ready')
  }
  process.once('message', (address) => void prepare(address))
} else {
  await compare(Number(role ?? 5))
}

async function compare(rounds) {
  const runs = []
  for (const name of Object.keys(SYSTEMS)) {
    const start = (part) => fork(fileURLToPath(import.meta.url), [part, name])
    const [server, client] = [start('serve'), start('dial')]
    const address = await next(server)
    client.send(address)
    await next(client)
    runs.push({ name, server, client, rates: LEVELS.map(() => []), costs: LEVELS.map(() => []), p50s: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { server, client, rates, costs, p50s } of runs) {
      for (const [i, level] of LEVELS.entries()) {
        const before = await ask(server)
        const { rate, p50, calls, used } = await ask(client, level)
        costs[i].push((used + (await ask(server)) - before) / calls)
        rates[i].push(rate)
        if (level === 1) p50s.push(p50)
      }
    }
  }
  for (const { name, server, client, rates, costs, p50s } of runs) {
    const figures = LEVELS.map(
      (level, i) => `c=${level} ${Math.round(median(rates[i]))}/s ${median(costs[i]).toFixed(0)} us CPU`,
    )
    console.log(`${name.padEnd(10)} p50 ${median(p50s).toFixed(0)} us   ${figures.join('   ')}`)
    server.kill()
    client.kill()
  }
}

/** Keeps `level` calls in flight for some seconds. */
async function measure(client, level, seconds) {
  const times = []
  const before = cpu()
  const start = performance.now()
  const end = start + seconds * 1000
  const worker = async () => {
    for (let before = performance.now(); before < end;) {
      const response = await client.call(REQUEST)
      if (response.length !== REQUEST.length) throw new Error(`${response.length} bytes came back`)
      const now = performance.now()
      times.push(now - before)
      before = now
    }
  }
  await Promise.all(Array.from({ length: level }, worker))
  return {
    calls: times.length,
    used: cpu() - before,
    rate: times.length / ((performance.now() - start) / 1000),
    p50: median(times) * 1000,
  }
}

/** Returns the CPU time that this process has used so far, in microseconds. */
function cpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}

function ask(child, question = 0) {
  const answer = next(child)
  child.send(question)
  return answer
}

function next(child) {
  return new Promise((resolve) => child.once('message', resolve))
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
