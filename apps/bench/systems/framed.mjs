// A minimal RPC over streams of bytes, for the raw systems: frames of a length (u32 LE) and a body. The body of a request begins
// with the kind of the call. Messages are JSON; payloads are sent as they are.
//
// A pipe is one stream. write(buffers, finish) returns a promise while its queue is full, else undefined; the pipe calls
// frames.push(bytes) and onEnd(), which its user sets. `copies`: write() has copied the bytes when it returns.
import { greet, hellos, NAME, pieces } from '../messages.mjs'

const UNARY = 0
const SERVER_STREAM = 1
const CLIENT_STREAM = 2
const BIDI = 3
const ECHO = 4
const UPLOAD = 5
/** The number of bytes up to which small messages of a stream are sent together. */
const BATCH = 16_384

/** Large bodies of finished requests, which are reused: a fresh page costs ten times as much as one that was used before. */
const spares = []
const MAX_SPARES = 4

/** Cuts bytes into frames. A large body is filled in place: `target()` returns the room for its next bytes. */
export class Frames {
  #onFrame
  #reuses
  #body
  #filled = 0
  #partial

  /** @param reuses whether the memory of a frame may be reused once onFrame(bytes) has returned */
  constructor(onFrame, reuses = false) {
    this.#onFrame = onFrame
    this.#reuses = reuses
  }

  target() {
    return this.#body?.subarray(this.#filled)
  }

  filled(count) {
    this.#filled += count
    if (this.#filled < this.#body.length) return
    const body = this.#body
    this.#body = undefined
    this.#onFrame(body)
    if (this.#reuses && spares.length < MAX_SPARES) spares.push(Buffer.from(body.buffer))
  }

  #allocate(length) {
    const spare = this.#reuses ? spares.pop() : undefined
    return spare?.length >= length ? spare.subarray(0, length) : Buffer.allocUnsafeSlow(length)
  }

  push(bytes) {
    let at = 0
    while (at < bytes.length) {
      if (this.#body !== undefined) {
        const count = Math.min(this.#body.length - this.#filled, bytes.length - at)
        this.#body.set(bytes.subarray(at, at + count), this.#filled)
        at += count
        this.filled(count)
        continue
      }
      if (this.#partial !== undefined) {
        bytes = Buffer.concat([this.#partial, bytes.subarray(at)])
        at = 0
        this.#partial = undefined
      }
      const left = bytes.length - at
      if (left < 4) {
        this.#partial = Buffer.from(bytes.subarray(at))
        return
      }
      const length = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
      if (left >= 4 + length) {
        this.#onFrame(bytes.subarray(at + 4, at + 4 + length))
        at += 4 + length
        continue
      }
      this.#body = this.#allocate(length)
      this.#filled = 0
      at += 4
    }
  }
}

const parse = (body) => JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'))

/** Returns a frame with a JSON body, of a kind if it is a request. */
function frame(value, kind) {
  const text = JSON.stringify(value)
  const start = kind === undefined ? 4 : 5
  const bytes = Buffer.allocUnsafe(start + Buffer.byteLength(text))
  bytes.writeUInt32LE(bytes.length - 4, 0)
  if (kind !== undefined) bytes[4] = kind
  bytes.write(text, start)
  return bytes
}

/** Returns the head of a frame whose body is these bytes, and the bytes. */
function byteFrame(data, kind) {
  const head = Buffer.allocUnsafe(kind === undefined ? 4 : 5)
  head.writeUInt32LE(data.length + head.length - 4, 0)
  if (kind !== undefined) head[4] = kind
  return [head, data]
}

/** Answers the call of one stream. */
export function serveStream(pipe) {
  let kind
  let count = 0
  const frames = new Frames((body) => {
    if (kind === undefined) {
      kind = body[0]
      return begin(body.subarray(1))
    }
    if (kind === CLIENT_STREAM && parse(body).name) count++
    else if (kind === UPLOAD) count += body.length
    else if (kind === BIDI) void pipe.write([frame({ message: greet(parse(body).name) })], false)
  }, pipe.copies)
  const begin = (body) => {
    if (kind === UNARY) void pipe.write([frame({ message: greet(parse(body).name) })], true)
    else if (kind === ECHO) void pipe.write(byteFrame(body), true)
    else if (kind === SERVER_STREAM) void sendReplies(pipe, parse(body)).catch(() => {})
  }
  pipe.frames = frames
  pipe.onEnd = () => {
    if (kind === CLIENT_STREAM || kind === UPLOAD) void pipe.write([frame({ name: NAME, count })], true)
    else if (kind === BIDI) void pipe.write([], true)
  }
}

async function sendReplies(pipe, { name, count }) {
  await writeBatches(
    pipe,
    (function* () {
      for (let i = 0; i < count; i++) yield frame({ message: greet(name) })
    })(),
  )
}

async function writeBatches(pipe, frames) {
  let batch = []
  let size = 0
  for (const one of frames) {
    batch.push(one)
    size += one.length
    if (size < BATCH) continue
    const full = pipe.write(batch, false)
    if (full !== undefined) await full
    batch = []
    size = 0
  }
  await pipe.write(batch, true)
}

/** @param {{ open: () => object | Promise<object>, close: () => unknown }} connection */
export function framedClient({ open, close }) {
  const call = (request) =>
    new Promise((resolve, reject) => {
      const send = (pipe) => {
        pipe.frames = new Frames(resolve)
        pipe.onFailed = reject
        void pipe.write(request, true)
      }
      const pipe = open()
      if (pipe instanceof Promise) pipe.then(send).catch(reject)
      else send(pipe)
    })
  /** Opens a stream whose frames are passed to a function; `ended` resolves at its end. */
  const stream = async (kind, first, onFrame) => {
    const pipe = await open()
    const ended = new Promise((resolve, reject) => {
      pipe.onEnd = resolve
      pipe.onFailed = reject
    })
    pipe.frames = new Frames(onFrame)
    await pipe.write([frame(first, kind)], kind === SERVER_STREAM)
    return { pipe, ended }
  }
  const sum = async (kind, frames) => {
    let count
    const { pipe, ended } = await stream(kind, {}, (body) => (count = parse(body).count))
    await frames(pipe)
    await ended
    return count
  }
  return {
    unary: async (name) => parse(await call([frame({ name }, UNARY)])).message,
    async serverStream(count) {
      let seen = 0
      const { ended } = await stream(SERVER_STREAM, { name: NAME, count }, (body) => {
        if (parse(body).message) seen++
      })
      await ended
      return seen
    },
    clientStream: (count) =>
      sum(CLIENT_STREAM, (pipe) =>
        writeBatches(
          pipe,
          (function* () {
            for (const hello of hellos(count)) yield frame(hello)
          })(),
        ),
      ),
    async bidi(count) {
      let seen = 0
      const hello = () => void pipe.write([frame({ name: NAME })], false)
      const { pipe, ended } = await stream(BIDI, {}, (body) => {
        if (parse(body).message) seen++
        if (seen < count) hello()
        else void pipe.write([], true)
      })
      hello()
      await ended
      return seen
    },
    echo: (data) => call(byteFrame(data, ECHO)),
    upload: (total, piece) =>
      sum(UPLOAD, async (pipe) => {
        for (const { data } of pieces(total, piece)) {
          const full = pipe.write(byteFrame(data), false)
          if (full !== undefined) await full
        }
        await pipe.write([], true)
      }),
    async openStream() {
      let answer
      const first = new Promise((resolve) => (answer = resolve))
      const { pipe } = await stream(BIDI, {}, (body) => answer(parse(body).message))
      await pipe.write([frame({ name: NAME })], false)
      return { message: await first, close: () => pipe.write([], true) }
    },
    close,
  }
}
