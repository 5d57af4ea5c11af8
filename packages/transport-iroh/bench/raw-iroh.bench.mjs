// Makes calls over the bare addon as fast as it allows, with a stream for each call: see `unary.mjs`.
import iroh from '@number0/iroh'

const { Endpoint, EndpointAddr, EndpointId, presetMinimal, RelayMode } = iroh
const ALPN = [...Buffer.from('bench')]

async function bind() {
  const builder = Endpoint.builder()
  presetMinimal(builder)
  builder.relayMode(RelayMode.disabled())
  builder.bindAddr('127.0.0.1:0')
  builder.alpns([ALPN])
  return builder.bind()
}

function toArray(bytes) {
  // oxlint-disable-next-line unicorn/no-new-array -- the fastest way, which is what is compared
  const numbers = new Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) numbers[i] = bytes[i]
  return numbers
}

function toBytes(numbers) {
  const bytes = new Uint8Array(numbers.length)
  bytes.set(numbers)
  return bytes
}

async function drain(recv) {
  while ((await recv.read(4096)).length > 0) continue
}

export async function serve(answer) {
  const endpoint = await bind()
  const handle = async (stream) => {
    const [send, recv] = [stream.send, stream.recv]
    const request = toBytes(await recv.read(4096))
    const written = send.writeAll(toArray(answer(request))).then(() => send.finish())
    await Promise.all([written, drain(recv)])
  }
  const accept = async (connection) => {
    for (;;) void handle(await connection.acceptBi())
  }
  const listen = async () => {
    for (let incoming; (incoming = await endpoint.acceptNext());) {
      const connection = await (await incoming.accept()).connect()
      connection.setMaxConcurrentBiStreams(1024n)
      for (let i = 0; i < 4; i++) accept(connection).catch(() => {})
    }
  }
  void listen()
  const addresses = endpoint.boundSockets().filter((socket) => socket.startsWith('127.'))
  return { endpointId: endpoint.id().toString(), addresses }
}

export async function dial({ endpointId, addresses }) {
  const endpoint = await bind()
  const address = new EndpointAddr(EndpointId.fromString(endpointId), null, addresses)
  const connection = await endpoint.connect(address, ALPN)
  return {
    async call(request) {
      const stream = await connection.openBi()
      const [send, recv] = [stream.send, stream.recv]
      const read = recv.read(4096)
      void send.writeAll(toArray(request)).then(() => send.finish())
      const response = toBytes(await read)
      void drain(recv)
      return response
    },
    close: () => endpoint.close(),
  }
}
