import { AsterServer, type AsterServerOptions } from '@aster/server'
import { counter, interop, later } from './implementation.ts'
import { config } from './with-python.ts'

/** Starts a producer of the services of both sides. Admits every consumer unless `options` name a root key. */
export async function startOurProducer(options: Partial<AsterServerOptions> = {}): Promise<AsterServer> {
  const allowAllConsumers = options.rootPubkey === undefined
  const server = new AsterServer({ config, services: [interop, counter, later], allowAllConsumers, ...options })
  await server.start()
  return server
}
