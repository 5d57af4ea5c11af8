// What every system is made to do. A system is a module with
//   serve()          → its address, any JSON value
//   connect(address) → a client: unary(name) → message, serverStream(n) → replies seen, clientStream(n) → the server's
//                      count of the requests, close()
import { quantile } from './statistics.mjs'

/** 16 characters out, 32 back. */
export const NAME = 'abcdefghijklmnop'
export const greet = (name) => `hello, ${name}, bye-bye!`.padEnd(32, '.')

const REPLY = greet(NAME)
const now = () => performance.now()
const expect = (got, wanted, what) => {
  if (got !== wanted) throw new Error(`wrong ${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`)
}

/** The measurements that a client process makes, by name. */
export function workload(system) {
  let client
  return {
    /** From nothing to the first reply: once with everything new, then with the code warm. Milliseconds. */
    async connect({ address, warm }) {
      const first = async () => {
        const start = now()
        const fresh = await system.connect(address)
        expect(await fresh.unary(NAME), REPLY, 'first reply')
        return { fresh, ms: now() - start }
      }
      const { fresh, ms } = await first()
      client = fresh
      const again = []
      for (let i = 0; i < warm; i++) {
        const next = await first()
        await next.fresh.close()
        again.push(next.ms)
      }
      return { coldMs: ms, warmMs: quantile(again, 0.5) }
    },

    /** One call after the other. Microseconds. */
    async latency({ warm, calls }) {
      for (let i = 0; i < warm; i++) await client.unary(NAME)
      const times = new Float64Array(calls)
      for (let i = 0; i < calls; i++) {
        const start = now()
        expect(await client.unary(NAME), REPLY, 'reply')
        times[i] = (now() - start) * 1000
      }
      return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
    },

    /** A fixed number of calls in flight. Calls per second. */
    async throughput({ inFlight, ms }) {
      let calls = 0
      const start = now()
      const caller = async () => {
        while (now() - start < ms) {
          expect(await client.unary(NAME), REPLY, 'reply')
          calls++
        }
      }
      await Promise.all(Array.from({ length: inFlight }, caller))
      return (calls / (now() - start)) * 1000
    },

    /** Messages of one long stream. Messages per second. */
    async stream({ kind, messages, warm }) {
      expect(await client[kind](warm), warm, `${kind} count`)
      const start = now()
      expect(await client[kind](messages), messages, `${kind} count`)
      return (messages / (now() - start)) * 1000
    },

    close: () => client.close(),
  }
}
