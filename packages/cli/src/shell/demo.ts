import { AsterClient } from '@aster/client'
import { AsterConfig } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import {
  AsterServer,
  bidiStream,
  clientStream,
  defineService,
  implement,
  serverStream,
  t,
  type Transport,
  unary,
} from '@aster/server'
import { MemoryNetwork } from '@aster/transport-memory'

const Mood = t.enum('demo/Mood', { CALM: 'calm', CHEERFUL: 'cheerful', GRUMPY: 'grumpy' }, { doc: 'How it is said.' })
const HelloRequest = t.struct('demo/HelloRequest', { name: t.string, mood: Mood, times: t.withDefault(t.int, 1) })
const HelloResponse = t.struct('demo/HelloResponse', { message: t.string })
const Amount = t.struct('demo/Amount', { count: t.int })

const Hello = defineService({
  name: 'Hello',
  doc: 'Greets people.',
  methods: {
    sayHello: unary(HelloRequest, HelloResponse, { doc: 'Greets one.', idempotent: true }),
    countUp: serverStream(Amount, Amount, { doc: 'Counts from 1.' }),
    addUp: clientStream(Amount, Amount, { doc: 'Adds what it is sent.' }),
    chat: bidiStream(HelloRequest, HelloResponse, { doc: 'Greets each.' }),
  },
})
const Counter = defineService({
  name: 'Counter',
  scope: 'session',
  doc: 'Counts for as long as its session lasts.',
  methods: { add: unary(Amount, Amount), total: unary(t.struct('demo/Nothing', {}), Amount) },
})

const WORDS = { calm: 'Hello', cheerful: 'Hooray', grumpy: 'Oh, it is you' } as const

const greet = ({ name, mood, times }: t.Infer<typeof HelloRequest>): { message: string } => ({
  message: `${WORDS[mood]}, ${name || 'World'}! `.repeat(Math.min(Math.max(times, 1), 10)).trim(),
})

const hello = implement(Hello, {
  sayHello: greet,
  async *countUp({ count }) {
    for (let i = 1; i <= Math.min(count, 1_000); i++) yield { count: i }
  },
  async addUp(amounts) {
    let total = 0
    for await (const { count } of amounts) total += count
    return { count: total }
  },
  async *chat(requests) {
    for await (const request of requests) yield greet(request)
  },
})

const counter = implement(Counter, () => {
  let total = 0
  return { add: ({ count }) => ({ count: (total += count) }), total: () => ({ count: total }) }
})

/** A producer in this process, with a client that is connected to it. */
export interface Demo extends AsyncDisposable {
  readonly client: AsterClient
}

/** Serves two services in memory, without a network. */
export async function openDemo(): Promise<Demo> {
  const network = new MemoryNetwork()
  const config = AsterConfig.from({ relayMode: 'disabled', identityFile: false })
  const transport = memoryTransport(network)
  const server = new AsterServer({
    services: [hello, counter],
    config,
    transport,
    allowAllConsumers: true,
    reflection: true,
    logger: false,
  })
  await server.start()
  const client = await AsterClient.connect({
    config,
    transport: memoryTransport(network),
    endpointAddr: server.endpointId,
    logger: false,
  })
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server.close()
      await transport.close()
    },
  }
}

function memoryTransport(network: MemoryNetwork): Transport {
  const endpointId = generateKeyPair().publicKey
  const memory = network.transport(endpointId)
  return {
    connect: (address, options) => memory.connect(address.endpointId, options),
    listen: (options) => memory.listen({ alpns: [...options.alpns] }),
    localAddress: { endpointId, addresses: [] },
    close: () => memory.close(),
  }
}
