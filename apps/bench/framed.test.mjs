import { expect, it } from 'vitest'
import { Frames, framedClient, serveStream } from './systems/framed.mjs'
import { NAME, randomBytes, REPLY } from './messages.mjs'

const framed = (...bodies) =>
  Buffer.concat(
    bodies.flatMap((body) => {
      const head = Buffer.alloc(4)
      head.writeUInt32LE(body.length)
      return [head, body]
    }),
  )

it.each([1, 2, 3, 5, 7, 100, 4096])('cuts bytes that arrive %i at a time into frames', (size) => {
  const bodies = [Buffer.from('a'), Buffer.alloc(0), Buffer.from(randomBytes(300)), Buffer.from('bcd')]
  const found = []
  const frames = new Frames((body) => found.push(Buffer.from(body)))
  const all = framed(...bodies)
  for (let at = 0; at < all.length; at += size) frames.push(all.subarray(at, at + size))
  expect(found).toEqual(bodies)
})

it('fills a large frame in place', () => {
  const found = []
  const frames = new Frames((body) => found.push(Buffer.from(body)))
  const [head, body] = [framed(Buffer.alloc(10)).subarray(0, 4), Buffer.from('0123456789')]
  expect(frames.target()).toBeUndefined()
  frames.push(head)
  expect(frames.target()).toHaveLength(10)
  frames.target().set(body.subarray(0, 6))
  frames.filled(6)
  frames.target().set(body.subarray(6))
  frames.filled(4)
  expect(found).toEqual([body])
})

/** Returns a client and a server over pipes in memory. */
function connected() {
  const pipe = () => ({ onEnd() {}, onFailed() {} })
  const link = (from, to) => {
    from.write = (buffers, finish) => {
      const bytes = Buffer.concat(buffers)
      queueMicrotask(() => {
        to.frames.push(bytes)
        if (finish) to.onEnd()
      })
    }
  }
  return framedClient({
    open() {
      const [client, server] = [pipe(), pipe()]
      link(client, server)
      link(server, client)
      serveStream(server)
      return client
    },
    close() {},
  })
}

it('answers every kind of call', async () => {
  const client = connected()
  expect(await client.unary(NAME)).toBe(REPLY)
  expect(await client.serverStream(2000)).toBe(2000)
  expect(await client.clientStream(2000)).toBe(2000)
  expect(await client.bidi(20)).toBe(20)
  const data = randomBytes(100_000)
  expect(Buffer.compare(await client.echo(data), data)).toBe(0)
  expect(await client.upload(100_000, 4096)).toBe(100_000)
  const stream = await client.openStream()
  expect(stream.message).toBe(REPLY)
  await stream.close()
})
