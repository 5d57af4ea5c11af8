// Calls right after the loss of a connection never use that connection, over memory.
import { AsterClient } from '@aster/client'
import { StatusCode } from '@aster/rpc-core'
import { CounterService, counterService, EchoService, echoService, Watch } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryNetwork } from '@aster/transport-memory'
import { LittleProducer } from './little-producer.ts'

let network: MemoryNetwork
let client: AsterClient
beforeEach(() => void (network = new MemoryNetwork()))
afterEach(() => client.close())

/** Returns a number of producers, and a client with a call that waits at the first of them. */
async function setUp(count: number) {
  const watch = new Watch()
  const producers = Array.from(
    { length: count },
    () => new LittleProducer(network, { services: [echoService(watch), counterService(watch)] }),
  )
  const [first] = producers as [LittleProducer]
  const endpointAddr = producers.map(({ endpointId }) => endpointId)
  client = new AsterClient({ ...first.clientOptions, endpointAddr, connectTimeoutMs: 5_000 })
  await client.connect()
  const echo = await client.client(EchoService)
  await echo.echo({})
  const waiting = echo.wait({}).then(
    () => expect.unreachable('the producer goes away'),
    (error: unknown) => error,
  )
  await watch.saw('wait started')
  return { producers, first, echo, waiting }
}

type Scene = Awaited<ReturnType<typeof setUp>>
const unary = ({ echo }: Scene): Promise<unknown> => echo.echo({})
const serverStream = ({ echo }: Scene): Promise<unknown> => echo.countUp({ count: 1 }).next()
const session = async (): Promise<unknown> => (await client.session(CounterService)).add({ count: 1 })

const soon: Record<string, () => Promise<unknown>> = {
  'at once': async () => {},
  'a microtask later': () => Promise.resolve(),
  'a tick later': () => new Promise((resolve) => setTimeout(resolve, 0)),
}

describe.each([1, 2])('with %d producers', (count) => {
  for (const [when, pause] of Object.entries(soon)) {
    it.each([
      ['a unary call', unary],
      ['a stream', serverStream],
      ['session()', session],
    ])(`%s ${when} gets another connection`, async (_what, call) => {
      const scene = await setUp(count)
      scene.first.drop(7, 'for a test')
      expect(await scene.waiting).toMatchObject({ code: StatusCode.UNAVAILABLE })
      await pause()
      await call(scene)
      expect(scene.producers.reduce((sum, { connected }) => sum + connected, 0)).toBe(2)
    })
  }

  it('many calls at once share the new connection', async () => {
    const scene = await setUp(count)
    scene.first.drop()
    await scene.waiting
    await Promise.all([unary(scene), session(), unary(scene), serverStream(scene), session()])
    expect(scene.producers.reduce((sum, { connected }) => sum + connected, 0)).toBe(2)
  })
})
