// The raw native core: drives its rings without any layer of Aster, with a new stream for each call, to show the limit for Aster.
import { loadAddon } from '@aster/iroh-native'
import { framedClient, serveStream } from './framed.mjs'

const READY = 3
const ACCEPTED = 4
const STREAM = 5
const OPENABLE = 6
const DATA = 7
const READABLE = 8
const END = 9
const RESET = 10
const STOPPED = 11
const WROTE = 12
const CLOSED = 13

const ALPN = 'bench/1'
const META = 4
const EVENTS = 1_024
const SLAB = 262_144
const LEAST_ROOM = 69_632
const SLOTS = 2 ** 20 - 1
const QUEUED = 262_144
const PIECE = 65_536
const TOLD = 32_768
const HEAD = 4_095

const { Net } = loadAddon()
const meta = new Float64Array(EVENTS * META)
let slab = new Uint8Array(SLAB)
let used = 0
/** The receivers of events, by the slot of their handle. */
const owners = []
const net = new Net(drain)
let isFlushDue = false

/** Returns the addon for operations of streams, which its thread runs together with those of the same turn. */
function enqueue() {
  if (!isFlushDue) {
    isFlushDue = true
    setImmediate(flush)
  }
  return net
}

function flush() {
  isFlushDue = false
  net.flush()
}

function drain() {
  for (;;) {
    if (SLAB - used < LEAST_ROOM) {
      slab = new Uint8Array(SLAB)
      used = 0
    }
    const start = used
    const room = start === 0 ? slab : slab.subarray(start)
    const count = net.drain(room, meta)
    const { buffer } = slab
    for (let i = 0; i < count * META; i += META) if (meta[i] === DATA) used = start + meta[i + 2] + meta[i + 3]
    for (let i = 0; i < count * META; i += META) {
      const handle = meta[i + 1]
      const owner = owners[handle & SLOTS]
      if (owner?.handle === handle) owner.onEvent(meta[i], meta[i + 2], meta[i + 3], buffer, start)
    }
    if (count < EVENTS) return
  }
}

function adopt(owner) {
  owners[owner.handle & SLOTS] = owner
  return owner
}

/** Resolves when a bind or a dial has succeeded. */
function ready(handle) {
  return new Promise((resolve, reject) => {
    adopt({
      handle,
      onEvent: (kind) =>
        kind === READY ? resolve(handle) : reject(new Error(net.failure(handle)?.message ?? `event ${kind}`)),
    })
  })
}

class Pipe {
  copies = true
  onEnd = () => {}
  onFailed = () => {}
  frames
  #queued = 0
  #onRoom
  #read = 0
  #ended = false
  #finished = false
  #released = false

  #open

  /** @param open the open streams of its connection, if they are to fail with the connection */
  constructor(handle, open) {
    this.handle = handle
    this.#open = open
  }

  write(buffers, finish) {
    const bytes = buffers.length === 1 ? buffers[0] : buffers.length === 0 ? undefined : joinSmall(buffers)
    if (Array.isArray(bytes)) {
      for (let i = 0; i < bytes.length; i++) this.#submit(bytes[i], finish && i === bytes.length - 1)
    } else if (bytes === undefined) {
      if (finish) enqueue().finish(this.handle)
    } else this.#submit(bytes, finish)
    if (finish) {
      this.#finished = true
      this.#settle()
    }
    return this.#queued > QUEUED ? new Promise((resolve) => (this.#onRoom = resolve)) : undefined
  }

  #submit(bytes, finish) {
    this.#queued += bytes.length
    if (bytes.length <= PIECE) return enqueue().write(this.handle, bytes, finish)
    for (let at = 0; at < bytes.length; at += PIECE)
      enqueue().write(this.handle, bytes.subarray(at, at + PIECE), finish && at + PIECE >= bytes.length)
  }

  onEvent(kind, a, b, buffer, start) {
    switch (kind) {
      case DATA:
        this.frames.push(new Uint8Array(buffer, start + a, b))
        return this.#told(b)
      case READABLE:
        return this.#take(a)
      case END:
        this.#ended = true
        this.onEnd()
        return this.#settle()
      case WROTE:
        this.#queued -= a
        if (this.#onRoom === undefined || this.#queued > QUEUED) return
        this.#onRoom()
        this.#onRoom = undefined
        return
      case RESET:
      case STOPPED:
        this.#ended = this.#finished = true
        this.onFailed(new Error(`the stream ended with event ${kind}, code ${a}`))
        this.#settle()
    }
  }

  #take(available) {
    for (let left = available; left > 0;) {
      const target = this.frames.target()
      // Before a large frame has begun, only its head is read, so that the body can be read directly into its place.
      const into = target ?? Buffer.allocUnsafe(Math.min(left, HEAD))
      const count = net.take(this.handle, into.length > left ? into.subarray(0, left) : into)
      if (count === 0) return
      left -= count
      if (target === undefined) this.frames.push(into.subarray(0, count))
      else this.frames.filled(count)
      this.#told(count)
    }
  }

  #told(count) {
    this.#read += count
    if (this.#read < TOLD || this.#ended) return
    enqueue().want(this.handle, this.#read)
    this.#read = 0
  }

  #settle() {
    if (!this.#ended || !this.#finished || this.#released) return
    this.#released = true
    this.#open?.delete(this)
    owners[this.handle & SLOTS] = undefined
    enqueue().release(this.handle)
  }
}

/** Joins small buffers, since a write costs more than a copy; large buffers stay as they are. */
function joinSmall(buffers) {
  let total = 0
  for (const { length } of buffers) total += length
  return total <= PIECE ? Buffer.concat(buffers, total) : buffers
}

/** Fails the calls of a connection that is gone. */
function failAll(pipes, reason) {
  for (const pipe of pipes) pipe.onFailed(new Error(reason))
}

const silence = { allowedMs: 30_000, severalPathsMs: 20_000, loopbackRoundTrips: 40, loopbackMostMs: 10_000 }

const bind = () =>
  ready(
    net.bind({
      addresses: ['127.0.0.1:0'],
      alpns: [],
      relayMode: 'disabled',
      relayUrls: [],
      discovery: false,
      maxStreams: 1024,
      dialled: silence,
      accepted: silence,
    }),
  )

export async function serve() {
  const endpoint = await bind()
  adopt({
    handle: endpoint,
    onEvent(kind, connection) {
      if (kind === ACCEPTED) serveConnection(connection)
    },
  })
  net.setAlpns(endpoint, [ALPN])
  const { id, sockets } = net.endpointInfo(endpoint)
  return { id, addresses: sockets.filter((address) => address.startsWith('127.')) }
}

function serveConnection(connection) {
  adopt({
    handle: connection,
    onEvent(kind, stream) {
      if (kind === STREAM) serveStream(adopt(new Pipe(stream)))
      else if (kind === CLOSED) {
        owners[connection & SLOTS] = undefined
        enqueue().release(connection)
      }
    },
  })
}

/** Keeps the process alive, which the wake-up of the addon does not. */
setInterval(() => {}, 2 ** 31 - 1)

let endpoint

export async function connect({ id, addresses }, _, { isPeer = false } = {}) {
  const own = isPeer ? bind() : (endpoint ??= bind())
  const connection = net.dial(await own, id, addresses, undefined, ALPN)
  const waiting = []
  let openable = 0
  const pipes = new Set()
  const openNow = () => {
    openable -= 1
    const pipe = adopt(new Pipe(enqueue().open(connection), pipes))
    pipes.add(pipe)
    return pipe
  }
  const owner = {
    handle: connection,
    onEvent(kind, a) {
      if (kind === CLOSED) failAll(pipes, net.failure(connection)?.message ?? 'the connection is closed')
      if (kind !== OPENABLE) return
      openable += a
      for (const resolve of waiting.splice(0, openable)) resolve(openNow())
    },
  }
  await new Promise((resolve, reject) => {
    adopt({
      handle: connection,
      onEvent(kind, a) {
        if (kind === OPENABLE) return owner.onEvent(kind, a)
        if (kind === READY) resolve()
        else reject(new Error(net.failure(connection)?.message ?? `event ${kind}`))
      },
    })
  })
  adopt(owner)
  return framedClient({
    open: () => (openable > 0 ? openNow() : new Promise((resolve) => waiting.push(resolve))),
    close: () => net.close(connection, 0, ''),
  })
}
