import { AsterClient, AsterConfig } from '@aster/client'
import { AsterServer, type AsterServerOptions } from '@aster/server'
import { echoService } from '@aster/test-services'
import { IrohTransport, type IrohTransportOptions } from '@aster/transport-iroh'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** Options that bind to loopback without relays. */
export const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
export const config = AsterConfig.from(local)

interface Closable {
  close(): Promise<unknown>
}

/** Returns functions that open servers, clients and endpoints on loopback, which are closed after each test. */
export function useLoopback() {
  const open: Closable[] = []
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close()
  })
  const closeLater = <T extends Closable>(one: T): T => {
    open.push(one)
    return one
  }
  const startServer = async (options: AsterServerOptions): Promise<AsterServer> => {
    const server = closeLater(new AsterServer({ config, logger: false, ...options }))
    await server.start()
    return server
  }
  return {
    closeLater,
    startServer,
    /** Starts a server of `Echo` that admits every consumer. */
    startEchoServer: (options: Partial<AsterServerOptions> = {}): Promise<AsterServer> =>
      startServer({ services: [echoService()], allowAllConsumers: true, ...options }),
    connect: async (
      endpointAddr: string | readonly string[],
      options: Parameters<typeof AsterClient.connect>[0] = {},
    ): Promise<AsterClient> =>
      closeLater(await AsterClient.connect({ config, endpointAddr, logger: false, ...options })),
    bind: async (options: IrohTransportOptions = {}): Promise<IrohTransport> =>
      closeLater(await IrohTransport.bind({ ...local, ...options })),
  }
}

/** Creates a folder for each test. Returns a function that returns the path of a name in that folder. */
export function useTemporaryFolder(): (name: string) => string {
  let folder = ''
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aster-client-'))))
  afterEach(() => rmSync(folder, { recursive: true }))
  return (name) => join(folder, name)
}
