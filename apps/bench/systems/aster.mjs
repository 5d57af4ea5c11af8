// @aster/client and @aster/server, in the mode that they agree on by themselves.
import { AsterClient, clientStream, defineService, serverStream, t, unary } from '@aster/client'
import { AsterServer, implement } from '@aster/server'
import { greet, NAME } from '../workload.mjs'

const Hello = t.struct('bench/Hello', { name: t.string })
const Reply = t.struct('bench/Reply', { message: t.string })
const Count = t.struct('bench/Count', { name: t.string, count: t.int })

const Bench = defineService({
  name: 'Bench',
  version: 1,
  methods: {
    unary: unary(Hello, Reply),
    serverStream: serverStream(Count, Reply),
    clientStream: clientStream(Hello, Count),
  },
})

export async function serve() {
  const handlers = {
    unary: ({ name }) => ({ message: greet(name) }),
    async *serverStream({ name, count }) {
      for (let i = 0; i < count; i++) yield { message: greet(name) }
    },
    async clientStream(requests) {
      let count = 0
      for await (const { name } of requests) if (name) count++
      return { name: NAME, count }
    },
  }
  const server = new AsterServer({ services: [implement(Bench, handlers)], allowAllConsumers: true })
  await server.start()
  return server.endpointAddr
}

export async function connect(endpointAddr) {
  const client = new AsterClient({ endpointAddr })
  await client.connect()
  const bench = await client.client(Bench)
  return {
    unary: async (name) => (await bench.unary({ name })).message,
    async serverStream(count) {
      let seen = 0
      for await (const { message } of bench.serverStream({ name: NAME, count })) if (message) seen++
      return seen
    },
    clientStream: async (count) => (await bench.clientStream(hellos(count))).count,
    close: () => client.close(),
  }
}

function* hellos(count) {
  for (let i = 0; i < count; i++) yield { name: NAME }
}
