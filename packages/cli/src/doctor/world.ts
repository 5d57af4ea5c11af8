import { lookup } from 'node:dns/promises'
import { IrohTransport } from '@aster/transport-iroh'
import type { BindOptions, BoundEndpoint, World } from './finding.ts'

/** Milliseconds that a relay has to answer. */
const RELAY_MS = 5_000
const POLL_MS = 50

/** The machine as it is. */
export const world: World = {
  nodeVersion: process.versions.node,
  bind,
  askRelay: async (url) => {
    const { headers } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(RELAY_MS) })
    const date = Date.parse(headers.get('date') ?? '')
    return Number.isNaN(date) ? undefined : date
  },
  lookup: (host) => lookup(host),
}

async function bind(options: BindOptions): Promise<BoundEndpoint> {
  const transport = await IrohTransport.bind(options)
  return {
    endpointId: transport.endpointId,
    relay: async (ms) => {
      const end = performance.now() + ms
      while (transport.localAddress.relayUrl === undefined && performance.now() < end)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      return transport.localAddress.relayUrl
    },
    close: () => transport.close(),
  }
}
