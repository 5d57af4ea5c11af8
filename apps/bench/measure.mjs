// The measurements that a client process makes, by the names of the commands. Each checks its answers. A system is a module with
//   serve(variant)                        → its address, any JSON value
//   connect(address, variant, { isPeer }) → a client; `isPeer`: with an endpoint of its own
// A client has
//   unary(name) → message; serverStream(n), clientStream(n), bidi(n) → messages counted; echo(bytes) → bytes
//   upload(total, piece) → bytes counted by the server; openStream() → { message, close() }; close()
// A method that a system lacks is left out.
import { assertAnswer, compressibleBytes, NAME, randomBytes, REPLY } from './messages.mjs'
import { Samples } from './statistics.mjs'

const now = () => performance.now()
/** The number of connections that are made at the same time. */
const AT_ONCE = 8

export function measurements(system, variant) {
  let address
  let client
  let connections = []
  let streams = []

  const first = async (options) => {
    const start = now()
    const fresh = await system.connect(address, variant, options)
    assertAnswer(await fresh.unary(NAME), REPLY, 'first reply')
    return { fresh, ms: now() - start }
  }

  /** Makes calls for `ms` milliseconds, `inFlight` of them at a time on each client. */
  const load = async (clients, inFlight, ms) => {
    const samples = new Samples()
    let calls = 0
    const start = now()
    const end = start + ms
    const caller = async (one) => {
      for (let began = now(); began < end;) {
        assertAnswer(await one.unary(NAME), REPLY, 'reply')
        const ended = now()
        samples.add((ended - began) * 1000)
        began = ended
        calls++
      }
    }
    await Promise.all(clients.flatMap((one) => Array.from({ length: inFlight }, () => caller(one))))
    const seconds = (now() - start) / 1000
    return { calls, rate: calls / seconds, p50: samples.quantile(0.5), p99: samples.quantile(0.99) }
  }

  return {
    /** Measures the milliseconds to the first reply: of the first connection, and the median of `warm` further ones. */
    async connect({ address: target, warm }) {
      address = target
      const { fresh, ms } = await first()
      client = fresh
      const again = new Samples()
      for (let i = 0; i < warm; i++) {
        const next = await first()
        again.add(next.ms)
        await next.fresh.close()
      }
      return { ms, warmMs: again.quantile(0.5) }
    },

    unary: ({ inFlight, ms }) => load([client], inFlight, ms),

    /** Runs streams of `messages` messages one after the other for `ms` milliseconds. Returns the messages per second. */
    async stream({ kind, messages, ms }) {
      let count = 0
      const start = now()
      do {
        assertAnswer(await client[kind](messages), messages, `${kind} count`)
        count += messages
      } while (now() - start < ms)
      return { messages: count, rate: (count / (now() - start)) * 1000 }
    },

    /** Echoes payloads for `ms` milliseconds. MB/s counts both directions. */
    async echo({ size, content, ms, least }) {
      const data = content === 'compressible' ? compressibleBytes(size) : randomBytes(size)
      const reply = await client.echo(data)
      if (Buffer.compare(reply, data) !== 0) throw new Error(`wrong echo of ${size} bytes`)
      const samples = new Samples()
      let count = 0
      const start = now()
      while (count < least || now() - start < ms) {
        const began = now()
        const { length, [0]: head, [size >> 1]: middle, [size - 1]: tail } = await client.echo(data)
        samples.add(now() - began)
        assertAnswer(length, size, 'length of an echo')
        if (head !== data[0] || middle !== data[size >> 1] || tail !== data[size - 1]) throw new Error('wrong echo')
        count++
      }
      const seconds = (now() - start) / 1000
      return { count, rate: (2 * size * count) / 1e6 / seconds, p50: samples.quantile(0.5) }
    },

    async upload({ total, piece }) {
      const start = now()
      assertAnswer(await client.upload(total, piece), total, 'bytes of an upload')
      return { rate: total / 1e3 / (now() - start) }
    },

    /** Adds connections and makes one call on each. If `isPeer` is set, each is a peer with an endpoint of its own. */
    async grow({ address: target, count, isPeer }) {
      address = target
      let begun = 0
      const grower = async () => {
        for (; begun < count;) {
          begun++
          const { fresh } = await first({ isPeer })
          connections.push(fresh)
        }
      }
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, grower))
      return connections.length
    },
    spread: ({ ms }) => load(connections, 1, ms),
    async shrink() {
      await Promise.all(connections.map((one) => one.close()))
      connections = []
    },

    /** Opens streams, and sends and receives one message on each. */
    async open({ count }) {
      for (let i = 0; i < count; i++) {
        const stream = await client.openStream()
        streams.push(stream)
        assertAnswer(stream.message, REPLY, 'reply of a stream')
      }
    },
    async shut() {
      await Promise.all(streams.map((one) => one.close()))
      streams = []
    },

    /** Starts `count` calls at once. */
    async burst({ count }) {
      const replies = await Promise.all(Array.from({ length: count }, () => client.unary(NAME)))
      for (const reply of replies) assertAnswer(reply, REPLY, 'reply')
    },

    close: () => client.close(),
  }
}
