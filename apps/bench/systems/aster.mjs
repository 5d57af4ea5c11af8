// @aster/client and @aster/server. Variants: 'xlang', 'json', 'session', and 'limits', which is XLANG with every limit on
// calls. The binding is the one that ASTER_IROH_BINDING names.
import { hellos, NAME, pieces } from '../messages.mjs'
import { loadPackages } from './aster-packages.mjs'
import { handlersWith } from './handlers.mjs'

const { AsterClient, JsonCodec, AsterServer, implement, definitions } = await loadPackages()
const { Bench, BenchSession } = definitions

const handlers = handlersWith(Number)

/** More than any workload reaches. */
const CALLS = { maxConcurrent: 10_000, queue: 100, perSecond: 1e9, burst: 1e9, timeoutMs: 60_000 }
const LIMITS = {
  ...CALLS,
  perPeer: { maxConcurrent: 10_000, perSecond: 1e9, burst: 1e9 },
  services: { Bench: { ...CALLS, methods: { unary: CALLS } } },
}

export async function serve(variant) {
  const services = [implement(Bench, handlers), implement(BenchSession, () => handlers)]
  const server = new AsterServer({
    services,
    allowAllConsumers: true,
    ...(variant === 'limits' && { limits: LIMITS }),
    // All connections of one process count as those of one peer.
    maxConnectionsPerPeer: 2_000,
    admission: { maxConnectionsPerPeer: 1_000, perAddress: { perSecond: 100_000, burst: 100_000 } },
  })
  await server.start()
  return server.endpointAddr
}

export async function connect(endpointAddr, variant, { isPeer = false } = {}) {
  const client = new AsterClient({ endpointAddr, shareEndpoint: !isPeer })
  await client.connect()
  const bench =
    variant === 'session'
      ? await client.session(BenchSession)
      : await client.client(Bench, variant === 'json' ? { codec: new JsonCodec() } : {})
  return {
    unary: async (name) => (await bench.unary({ name })).message,
    async serverStream(count) {
      let seen = 0
      for await (const { message } of bench.serverStream({ name: NAME, count })) if (message) seen++
      return seen
    },
    clientStream: async (count) => (await bench.clientStream(hellos(count))).count,
    async bidi(count) {
      const channel = bench.bidi()
      let seen = 0
      for (; seen < count; seen++) {
        await channel.send({ name: NAME })
        if (!(await channel.recv())?.message) break
      }
      await channel.finish()
      return seen
    },
    echo: async (data) => (await bench.echo({ data })).data,
    upload: async (total, piece) => (await bench.upload(pieces(total, piece))).count,
    async openStream() {
      const channel = bench.bidi()
      await channel.send({ name: NAME })
      const reply = await channel.recv()
      return { message: reply?.message, close: () => channel.finish() }
    },
    close: () => client.close(),
  }
}
