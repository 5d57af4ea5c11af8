// A transport over TCP: a peer is a port, a stream is a socket.
import { type ByteStream, type CloseInfo, type Connection, TransportError } from '@aster/rpc-core'
import { on, once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

async function told<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => Promise.reject(new TransportError('lost', 'the socket failed', { cause })))
}

function tcpStream(socket: Socket): ByteStream {
  const chunks = socket.iterator({ destroyOnReturn: false })
  socket.on('error', () => {}) // Reads and writes report the error.
  return {
    read: async () => (await told(chunks.next())).value as Uint8Array | undefined,
    async write(bytes, { finish = false } = {}) {
      if (!socket.write(bytes)) await told(once(socket, 'drain'))
      if (finish) socket.end()
    },
    finish: async () => void socket.end(),
    reset: () => void (socket.writableFinished || socket.resetAndDestroy()),
    stop: () => void (socket.readableEnded || socket.destroy()),
  }
}

function connection(
  remoteId: string,
  own: Pick<Connection, 'openStream' | 'incomingStreams'>,
  onClose = () => {},
): Connection {
  let end = (_info: CloseInfo): void => {}
  const closed = new Promise<CloseInfo>((resolve) => (end = resolve))
  const close = (code?: number, reason = ''): void => (onClose(), end({ by: 'local', code, reason }))
  return { remoteId, alpn: 'aster/1', closed, close, ...own }
}

/** Returns the caller's end of a connection, which opens a socket for each stream. */
export function dialTcp(port: number): Connection {
  const openStream = async (): Promise<ByteStream> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await told(once(socket, 'connect'))
    return tcpStream(socket)
  }
  return connection(`127.0.0.1:${port}`, { openStream, async *incomingStreams() {} })
}

/** Returns the answering end of a connection, on which every socket is a stream. */
export async function listenTcp(): Promise<{ port: number; connection: Connection }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  const sockets = on(server, 'connection', { close: ['close'] }) as AsyncIterableIterator<[Socket]>
  async function* incomingStreams(): AsyncGenerator<ByteStream> {
    for await (const [socket] of sockets) yield tcpStream(socket)
  }
  const openStream = () => Promise.reject(new TransportError('misuse', 'only the caller opens streams here'))
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { port, connection: connection('anybody', { openStream, incomingStreams }, () => server.close()) }
}
