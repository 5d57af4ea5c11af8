// node library.mjs ADDRESS COUNT CONCURRENCY: makes the calls that `aster call` is compared with, by a typed client over
// one connection. Sends its parent process the milliseconds from the first answer to the last.
import { AsterClient } from '@aster/client'
import { Bench, config } from './service.mjs'

const [address, count, concurrency] = process.argv.slice(2)
const c = await AsterClient.connect({ endpointAddr: address, config, logger: false })
const bench = await c.client(Bench)

let next = 0
let first
let last
async function work() {
  while (next < Number(count)) {
    const i = next++
    const { count: answered } = await bench.echo({ text: 'sixteen letters.', count: i })
    if (answered !== i) throw new Error(`expected ${i}, found ${answered}`)
    last = performance.now()
    first ??= last
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, work))
process.send(last - first)
await c.close()
process.disconnect()
