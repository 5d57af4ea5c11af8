// Raw @number0/iroh, with a new stream for each call, to show the limit for Aster over that binding.
import iroh from '@number0/iroh'
import { framedClient, serveStream } from './framed.mjs'

const { Endpoint, EndpointAddr, EndpointId, RelayMode, presetMinimal } = iroh
const ALPN = Array.from(Buffer.from('bench/1'))
const PIECE = 65_536
const QUEUED = 262_144
const STREAMS = 1024n
/** Keeps endpoints and connections, which end when they are collected. */
const kept = new Set()

async function bind() {
  const builder = Endpoint.builder()
  presetMinimal(builder)
  builder.relayMode(RelayMode.disabled())
  builder.bindAddr('127.0.0.1:0')
  builder.alpns([ALPN])
  const endpoint = await builder.bind()
  kept.add(endpoint)
  return endpoint
}

/** Returns an array of numbers, which is the only form of bytes in the binding. */
function toArray(buffers, total) {
  const array = Array.from({ length: 0 })
  array.length = total
  let at = 0
  for (const bytes of buffers) for (let i = 0; i < bytes.length; i++) array[at++] = bytes[i]
  return array
}

class Pipe {
  onEnd = () => {}
  onFailed = () => {}
  frames
  #send
  #recv
  #queue = []
  #queued = 0
  #finish = false
  #writing

  constructor({ send, recv }) {
    this.#send = send
    this.#recv = recv
  }

  write(buffers, finish) {
    for (const bytes of buffers) {
      this.#queue.push(bytes)
      this.#queued += bytes.length
    }
    this.#finish ||= finish
    this.#writing ??= this.#drain().catch((error) => this.onFailed(error))
    return this.#queued > QUEUED ? this.#writing : undefined
  }

  async #drain() {
    while (this.#queued > 0) {
      const buffers = this.#queue
      const total = this.#queued
      this.#queue = []
      this.#queued = 0
      if (total <= PIECE) {
        await this.#send.writeAll(toArray(buffers, total))
        continue
      }
      for (const bytes of buffers)
        for (let at = 0; at < bytes.length; at += PIECE) {
          const piece = bytes.subarray(at, at + PIECE)
          await this.#send.writeAll(toArray([piece], piece.length))
        }
    }
    this.#writing = undefined
    if (this.#finish) await this.#send.finish()
  }

  async read() {
    try {
      for (;;) {
        const array = await this.#recv.read(PIECE)
        if (array.length === 0) break
        this.frames.push(Buffer.from(array))
      }
      this.onEnd()
    } catch (error) {
      this.onFailed(error)
    }
  }
}

export async function serve() {
  const endpoint = await bind()
  void acceptAll(endpoint)
  const addresses = endpoint.boundSockets().filter((address) => address.startsWith('127.'))
  return { id: endpoint.id().toString(), addresses }
}

async function acceptAll(endpoint) {
  for (let incoming; (incoming = await endpoint.acceptNext());) void serveConnection(incoming).catch(() => {})
}

async function serveConnection(incoming) {
  const connection = await (await incoming.accept()).connect()
  kept.add(connection)
  connection.setMaxConcurrentBiStreams(STREAMS)
  const accept = async () => {
    for (;;) {
      const pipe = new Pipe(await connection.acceptBi())
      serveStream(pipe)
      void pipe.read()
    }
  }
  // An accept takes a hop between threads, so several are pending at a time.
  await Promise.allSettled([accept(), accept(), accept(), accept()])
  kept.delete(connection)
}

export async function connect({ id, addresses }) {
  const endpoint = await bind()
  const connection = await endpoint.connect(new EndpointAddr(EndpointId.fromString(id), null, addresses), ALPN)
  kept.add(connection)
  return framedClient({
    async open() {
      const pipe = new Pipe(await connection.openBi())
      // The user of the pipe sets `onBytes` before any bytes can arrive.
      setImmediate(() => void pipe.read())
      return pipe
    },
    close() {
      kept.delete(connection)
      kept.delete(endpoint)
      return endpoint.close()
    },
  })
}
