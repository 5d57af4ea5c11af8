// Errors of the calls of an AsterClient, over real iroh on loopback.
import { ServiceNotFoundError } from '@aster/client'
import { defineService, StatusCode, unary } from '@aster/rpc-core'
import { ADMISSION_ALPN, encodeFrames, FrameFlag } from '@aster/rpc-core/protocol'
import { collect, EchoService, echoService, Item, Watch } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { useLoopback } from './loopback.ts'
import { startStrangeStreams } from './strange-producer.ts'

const { bind, connect, startEchoServer: startServer } = useLoopback()

/** Returns an answer that admits the consumer and offers `Echo` at an address. */
const admitting = (rpc: string): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ admitted: true, services: [{ name: 'Echo', version: 1, contract_id: '', channels: { rpc } }] }),
  )

describe('what can go wrong', () => {
  it('lists the offered services if one is not offered', async () => {
    const c = await connect((await startServer()).address)
    const Other = defineService({ name: 'Other', version: 2, methods: { a: unary(Item, Item) } })
    await expect(c.client(Other)).rejects.toThrow(ServiceNotFoundError)
    await expect(c.client(Other)).rejects.toThrow("service 'Other' v2 not offered by producer (offered: Echo v1)")
    await expect(c.client(EchoService, { channel: 'fast' })).rejects.toThrow(
      "service 'Echo' has no channel 'fast' (channels: rpc)",
    )
  })

  const frame = (payload: Uint8Array, flags = 0) => encodeFrames({ flags, payload })
  it.each([
    ['a frame over the limit', () => Uint8Array.of(1, 0, 0, 2, 0), StatusCode.RESOURCE_EXHAUSTED],
    ['a frame of length 0', () => Uint8Array.of(0, 0, 0, 0, 0), StatusCode.DATA_LOSS],
    ['a stream cut in the middle of a frame', () => frame(new Uint8Array(100)).subarray(0, 50), StatusCode.DATA_LOSS],
    ['a stream without a trailer', () => new Uint8Array(0), StatusCode.UNAVAILABLE],
    ['an ill-formed trailer', () => frame(Uint8Array.of(2, 255), FrameFlag.TRAILER), StatusCode.DATA_LOSS],
  ])('ends a call that is answered with %s', async (_what, bytes, code) => {
    const address = startStrangeStreams(await bind(), async (stream, { alpn }) => {
      if (alpn === ADMISSION_ALPN) {
        await stream.write(admitting(address), { finish: true })
      } else {
        await stream.read()
        await stream.write(bytes(), { finish: true })
      }
    })
    const c = await connect(address)
    const echo = await c.client(EchoService)
    await expect(echo.echo({})).rejects.toMatchObject({ code })
    await expect(collect(echo.countUp({ count: 3 }))).rejects.toMatchObject({ code })
  })

  it('fails a stream with UNAVAILABLE when the producer closes, and at once', async () => {
    const watch = new Watch()
    const server = await startServer({ services: [echoService(watch)] })
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    const stream = echo.endless({})
    await stream.next()
    const rest = collect(stream).catch((error: unknown) => error)
    await server.close()
    expect(await rest).toMatchObject({ code: StatusCode.UNAVAILABLE })
    await watch.saw('endless ended')
  })

  it('lets running calls finish within the grace time, and refuses new ones', async () => {
    const watch = new Watch()
    const server = await startServer({ services: [echoService(watch)] })
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    const chat = echo.chat()
    await chat.send({ text: 'a' })
    await chat.recv()
    const closing = server.close({ graceMs: 10_000 })
    await expect(echo.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    await chat.send({ text: 'b' })
    expect(await chat.recv()).toMatchObject({ text: 'echo b' })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
    await closing
  })
})
