// A well-behaved client of 20 calls a second, with a deadline of 30 s each, so that a busy machine causes no failure. The stalls
// of its otherwise idle event loop show how busy the machine is.
import { AsterClient } from '@aster/client'
import { answer } from './answer.mjs'
import { measure } from './measure.mjs'
import { Work } from './services.mjs'

let client
let latencies = []
let failures = []
let timer

answer({
  async start(endpointAddr) {
    client = await AsterClient.connect({ endpointAddr, logger: false })
    const work = await client.client(Work)
    await work.echo({ text: 'polite' })
    timer = setInterval(() => void call(work), 50)
    measure()
  },
  /** Returns the outcomes since the last report. */
  report() {
    const sorted = latencies.sort((a, b) => a - b)
    const report = {
      answered: sorted.length,
      p99: Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0),
      longest: Math.round(sorted.at(-1) ?? 0),
      failures,
      wall: measure().wall,
    }
    latencies = []
    failures = []
    return report
  },
  async stop() {
    clearInterval(timer)
    await client.close()
  },
})

async function call(work) {
  const began = performance.now()
  try {
    await work.echo({ text: 'polite' }, { timeoutMs: 30_000 })
    latencies.push(performance.now() - began)
  } catch (error) {
    failures.push(`${error.codeName ?? error.name}: ${error.message}`.slice(0, 200))
  }
}
