// Hostile strings in reasons, names and statuses of a producer, and their form in errors, events and logs.
import { AsterClient } from '@aster/client'
import { type ByteStream, type Connection, type Logger, type RpcError, TransportError } from '@aster/rpc-core'
import { ADMISSION_ALPN, encodeFrames, FrameFlag, RPC_ALPN } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { EchoService } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer, memoryTransport } from './little-producer.ts'

const HOSTILE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const texts = [
  '\u001b]0;title\u0007\u001b[2J\u0000\u0008\u007f',
  '\u202eevil\u0085\u009b31m\u2066\u200e\u2028',
  `\u001b\u009b${'x'.repeat(20_000)}`,
]

let network: MemoryNetwork
let client: AsterClient | undefined
let lines: string[]
beforeEach(() => {
  network = new MemoryNetwork()
  lines = []
})
afterEach(() => client?.close())

const write = (fields: object, message: string): void => {
  const { err, ...rest } = fields as { err?: unknown }
  lines.push([message, ...(err === undefined ? [] : [errorMessage(err)]), ...Object.values(rest).map(String)].join('|'))
}
const logger: Logger = { debug: write, info: write, warn: write, error: write }

interface Behaviour {
  readonly admission?: (stream: ByteStream, connection: Connection) => Promise<void> | void
  readonly service?: object
  readonly rpc?: (stream: ByteStream, connection: Connection) => Promise<void> | void
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** Starts a producer. Returns a client of the producer that is not connected. */
function lyingProducer({ admission, service, rpc }: Behaviour): AsterClient {
  const transport = memoryTransport(network)
  const { endpointId } = transport.localAddress
  const summary = { name: 'Echo', version: 1, contract_id: '', channels: { rpc: endpointId }, pattern: 'shared' }
  const answer = {
    admitted: true,
    attributes: {},
    root_pubkey: '',
    reason: '',
    registry_namespace: '',
    services: [{ ...summary, serialization_modes: ['json'], ...service }],
  }
  void (async () => {
    for await (const connection of transport.listen({ alpns: [ADMISSION_ALPN, RPC_ALPN] }))
      void (async () => {
        for await (const stream of connection.incomingStreams()) {
          await stream.read()
          if (connection.alpn === RPC_ALPN) await rpc?.(stream, connection)
          else if (admission === undefined) await stream.write(encode(answer), { finish: true })
          else await admission(stream, connection)
        }
      })().catch(() => {})
  })()
  const { config } = new LittleProducer(network).clientOptions
  client = new AsterClient({ config, transport: memoryTransport(network), endpointAddr: endpointId, logger })
  return client
}

/** Connects to a producer, and uses the client. */
async function using<T>(behaviour: Behaviour, use: (connected: AsterClient) => T): Promise<Awaited<T>> {
  const connected = lyingProducer(behaviour)
  await connected.connect()
  return await use(connected)
}

/** Expects an error whose message, and whose causes' messages, and all lines are short and printable. */
async function expectPrintable(run: Promise<unknown>): Promise<Error> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  )
  if (error === undefined) throw new Error('expected an error')
  const shown = [...lines]
  for (let one: unknown = error; one !== undefined; one = (one as Error).cause)
    shown.push(errorMessage(one), String((one as Error).stack).split('\n    at ')[0] ?? '')
  for (const text of shown) {
    expect(text).not.toMatch(HOSTILE)
    // 16,384 characters of the peer, plus a hint of this side.
    expect(text.length).toBeLessThan(17_000)
  }
  return error
}

describe.each(texts.map((text) => [text]))('%#', (text) => {
  const list = [text, 'json2']
  it('as the reason of a refusal', async () => {
    const error = await expectPrintable(
      lyingProducer({
        admission: (stream) => stream.write(encode({ admitted: false, reason: text }), { finish: true }),
      }).connect(),
    )
    expect(error.name).toBe('AdmissionDeniedError')
  })

  it('as the reason with which a connection is closed', async () => {
    const during = { admission: (_: ByteStream, connection: Connection) => connection.close(7, text) }
    const error = await expectPrintable(lyingProducer(during).connect())
    expect((error as RpcError).code).toBe(14)
    const rpc = (_: ByteStream, connection: Connection): void => connection.close(7, text)
    const echo = await using({ rpc }, (c) => c.client(EchoService))
    const lost: string[] = []
    client?.on('lost', ({ reason }) => void lost.push(reason))
    expect(await expectPrintable(echo.echo({}))).toMatchObject({ cause: expect.any(TransportError) as unknown })
    for (const reason of lost) expect(reason).not.toMatch(HOSTILE)
  })

  it('as a part of an ill-formed admission answer', async () => {
    for (const service of [{ version: text }, { pattern: text }, { channels: text }, { contract_id: [text] }])
      expect((await expectPrintable(lyingProducer({ service }).connect())).name).toBe('AdmissionError')
  })

  it('as names of services, channels, formats and ids', async () => {
    const names = { name: text }
    await expectPrintable(using({ service: names }, (c) => c.client(EchoService)))
    await expectPrintable(using({ service: { channels: { [text]: 'x' } } }, (c) => c.client(EchoService)))
    await expectPrintable(using({ service: { channels: { rpc: text } } }, (c) => c.client(EchoService)))
    await expectPrintable(using({ service: { serialization_modes: list } }, (c) => c.client(EchoService)))
    const hinted = {
      service: { contract_id: text },
      rpc: (stream: ByteStream) => stream.write(trailer(2), { finish: true }),
    }
    await expectPrintable((await using(hinted, (c) => c.client(EchoService))).echo({}))
    const channels = { [text]: text, rpc: text }
    await expectPrintable(using({ service: { channels } }, (c) => c.dynamic('Echo', { channel: 'nowhere' })))
  })

  const trailer = (code: number, message = text): Uint8Array =>
    encodeFrames({
      flags: FrameFlag.TRAILER,
      payload: encode({ code, message, detailKeys: [text], detailValues: [text] }),
    })

  it.each([2, 5, 12, 14, 77])('as the status of a call, code %i', async (code) => {
    const rpc = (stream: ByteStream): Promise<void> => stream.write(trailer(code), { finish: true })
    const echo = await using({ rpc }, (c) => c.client(EchoService))
    const error = (await expectPrintable(echo.echo({}))) as RpcError
    expect(error.code).toBe(code)
    await expectPrintable(
      (async () => {
        for await (const _ of echo.countUp({ count: 1 })) continue
      })(),
    )
  })

  it('as a response and as a trailer that cannot be read', async () => {
    for (const value of [{ [text]: text }, { text: [text] }, text]) {
      for (const flags of [0, FrameFlag.TRAILER]) {
        const bytes = encodeFrames({ flags, payload: encode(value) })
        const rpc = (stream: ByteStream) => stream.write(bytes, { finish: true })
        await expectPrintable((await using({ rpc }, (c) => c.client(EchoService))).echo({}))
      }
    }
  })
})
