import { cpus } from 'node:os'
import { startChild } from './child.mjs'

/** Runs one system once, as two new processes, and gives its figures by the names of the table's rows. */
export async function runOnce(system, { scale, seconds }) {
  const server = await startChild('server', system)
  const client = await startChild('client', system)
  const load = await machineLoad([server, client])
  const figures = {}
  try {
    const address = await server.ask('serve')
    const { coldMs, warmMs } = await client.ask('connect', { address, warm: Math.ceil(10 * scale) })
    figures['cold connect, ms'] = coldMs
    figures['warm connect, ms'] = warmMs
    figures['import, ms'] = client.importMs
    const { p50, p99 } = await client.ask('latency', { warm: 500 * scale, calls: 3000 * scale })
    figures['unary p50, µs'] = p50
    figures['unary p99, µs'] = p99
    for (const inFlight of [1, 16, 64]) {
      figures[`calls/s, ${inFlight} in flight`] = await client.ask('throughput', { inFlight, ms: seconds * 1000 })
    }
    // grpc-js falls to a tenth past some 40,000 messages on one client stream; this is to compare both at their best.
    for (const [kind, label] of [
      ['serverStream', 'server stream, messages/s'],
      ['clientStream', 'client stream, messages/s'],
    ]) {
      figures[label] = await client.ask('stream', { kind, messages: 20_000 * scale, warm: 500 })
    }
    const { foreign } = await load()
    await client.ask('close')
    return { figures, foreign }
  } finally {
    client.stop()
    server.stop()
  }
}

/** How many cores other processes kept busy from now until it is asked. */
async function machineLoad(children) {
  const busy = () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000
  const own = async () => {
    const used = await Promise.all(children.map((child) => child.ask('cpu')))
    const { user, system } = process.cpuUsage()
    return used.reduce((sum, seconds) => sum + seconds, (user + system) / 1e6)
  }
  const before = { busy: busy(), own: await own(), at: performance.now() }
  return async () => {
    const used = busy() - before.busy - ((await own()) - before.own)
    return { foreign: Math.max(0, used / ((performance.now() - before.at) / 1000)) }
  }
}
