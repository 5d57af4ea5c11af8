import { AsterClient, type AsterClientOptions, AsterConfig, type Client, type Logger } from '@aster/client'
import type { Interceptor } from '@aster/rpc-core'
import { counterService, EchoService, echoService } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { LittleProducer, memoryTransport } from './little-producer.ts'

/** Returns producers whose `echo` answers with their number, and a function that connects clients to all of them. */
export class ManyProducers {
  readonly network = new MemoryNetwork()
  readonly #clients: AsterClient[] = []

  make(count: number, interceptors: readonly Interceptor[] = []): LittleProducer[] {
    return Array.from({ length: count }, (_, i) => {
      const name: Interceptor = async (call, next) => {
        const answer = await next(call)
        return call.method.name === 'echo' ? { text: `${i}`, count: 0 } : answer
      }
      return new LittleProducer(this.network, {
        services: [echoService(), counterService()],
        interceptors: [...interceptors, name],
      })
    })
  }

  /** A connected client, and its events with the numbers of the producers. */
  async connect(all: readonly LittleProducer[], options: AsterClientOptions = {}) {
    const seen = { events: [] as string[], warnings: [] as string[] }
    const named = (text: string): string =>
      all.reduce((rest, { endpointId }, i) => rest.replaceAll(endpointId, `#${i}`), text)
    const logger: Logger = {
      debug() {},
      info() {},
      warn: (fields) => void seen.warnings.push(named('reason' in fields ? String(fields.reason) : '')),
      error() {},
    }
    const client = new AsterClient({
      config: AsterConfig.from({}),
      transport: memoryTransport(this.network),
      endpointAddr: all.map(({ endpointId }) => endpointId),
      connectTimeoutMs: 30_000,
      logger,
      ...options,
    })
    this.#clients.push(client)
    let allAdmitted = (): void => {}
    const admitted = new Promise<void>((resolve) => (allAdmitted = resolve))
    for (const name of ['admitted', 'lost', 'reconnected', 'readmitted'] as const) {
      client.on(name, ({ endpointId }) => {
        seen.events.push(`${name} ${named(endpointId)}`)
        if (seen.events.length === all.length) allAdmitted()
      })
    }
    await client.connect()
    return { client, seen, admitted, echo: await client.client(EchoService) }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close()
  }
}

/** Returns the numbers of the producers that answer a number of calls, one after another. */
export async function answersOf(echo: Client<typeof EchoService>, count: number): Promise<string> {
  let all = ''
  for (let i = 0; i < count; i++) all += (await echo.echo({})).text
  return all
}
