// The same calls as in `raw-iroh.bench.mjs`, over this package's transport.
import { IrohTransport } from '@aster/transport-iroh'

const OPTIONS = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' }

async function drain(stream) {
  while ((await stream.read()) !== undefined) continue
}

export async function serve(answer) {
  const transport = await IrohTransport.bind(OPTIONS)
  const handle = async (stream) => {
    const request = await stream.read()
    await Promise.all([stream.write(answer(request), { finish: true }), drain(stream)])
  }
  const accept = async (connection) => {
    for await (const stream of connection.incomingStreams()) void handle(stream)
  }
  const listen = async () => {
    for await (const connection of transport.listen({ alpns: ['bench'] })) void accept(connection)
  }
  void listen()
  return transport.localAddress
}

export async function dial(address) {
  const transport = await IrohTransport.bind(OPTIONS)
  const connection = await transport.connect(address, { alpn: 'bench' })
  return {
    async call(request) {
      const stream = await connection.openStream()
      const read = stream.read()
      void stream.write(request, { finish: true })
      const response = await read
      void drain(stream)
      return response
    },
    close: () => transport.close(),
  }
}
