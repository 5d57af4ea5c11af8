import { lookup } from 'node:dns/promises'
import { IrohTransport } from '@aster/transport-iroh'
import type { BindOptions, BoundEndpoint, World } from './finding.ts'

/** Milliseconds to wait for the answer of a relay. */
const RELAY_MS = 5_000
const POLL_MS = 50

/** Returns the machine that this process runs on. */
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
  let reason: string | undefined
  const silent = (): void => undefined
  const keep = (fields: { readonly reason?: unknown }): void => {
    if (typeof fields.reason === 'string') reason ??= fields.reason
  }
  // The transport logs why it does not use the native binding.
  const logger = { debug: keep, info: silent, warn: silent, error: silent }
  const transport = await IrohTransport.bind({ ...options, logger })
  return {
    endpointId: transport.endpointId,
    binding: { name: transport.binding, reason: transport.binding === 'native' ? undefined : reason },
    relay: async (ms) => {
      const end = performance.now() + ms
      while (transport.localAddress.relayUrl === undefined && performance.now() < end)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      return transport.localAddress.relayUrl
    },
    close: () => transport.close(),
  }
}
