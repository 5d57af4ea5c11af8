import type { AsterConfig, NodeAddr } from '@aster/client'
import { errorMessage } from '@aster/rpc-core/schema'
import type { CommandIo } from '../io.ts'
import type { BoundEndpoint, Finding, UsedBinding, World } from './finding.ts'

/** Milliseconds by which the clock may differ from that of the relay. */
const MAX_SKEW = 60_000
/** A clock before this moment is wrong, since it precedes the first release: 2026-01-01. */
const EARLIEST = 1_767_225_600_000
/** The host of the service that finds endpoints by their ids. */
const DIRECTORY = 'dns.iroh.link'
/** Milliseconds to wait for the answer of a relay. */
const RELAY_MS = 5_000
/** The variable that forces a binding. */
const BINDING_VARIABLE = 'ASTER_IROH_BINDING'

export interface NetworkFindings {
  readonly findings: readonly Finding[]
  /** The endpoint id of this machine, if an endpoint could be opened. */
  readonly endpointId?: string | undefined
}

/** Opens an endpoint as a client would, and checks the relay, discovery and the clock. */
export async function lookAtNetwork(
  io: CommandIo,
  config: AsterConfig,
  { addresses, world }: { readonly addresses: readonly NodeAddr[]; readonly world: World },
): Promise<NetworkFindings> {
  const { secretKey, relayMode, relayToken, discovery, bindAddr } = config
  let endpoint: BoundEndpoint
  try {
    endpoint = await world.bind({ secretKey, relayMode, relayToken, discovery, bindAddr })
  } catch (error) {
    return { findings: [bindFinding(errorMessage(error), bindAddr), clock(io, undefined)] }
  }
  try {
    const findings: Finding[] = [
      bindingFinding(endpoint.binding),
      { name: 'port', state: 'ok', found: bindAddr === undefined ? 'any free port' : `${bindAddr} can be bound` },
    ]
    const relay = await lookAtRelay(relayMode, endpoint, world)
    findings.push(relay.finding, await lookAtDiscovery(config, addresses, world), clock(io, relay.date))
    return { findings, endpointId: endpoint.endpointId }
  } finally {
    await endpoint.close()
  }
}

/** Without the native binding, the other one does the same, but slower. */
function bindingFinding({ name, reason }: UsedBinding): Finding {
  if (name === 'native') return { name: 'binding', state: 'ok', found: 'native: @aster/iroh-native is loaded' }
  const found = 'number0: @number0/iroh is loaded'
  if (reason === undefined) return { name: 'binding', state: 'ok', found: `${found}, as ${BINDING_VARIABLE} says` }
  return {
    name: 'binding',
    state: 'odd',
    found: `${found}, the slower one: ${reason}`,
    remedy: `install again with optional dependencies on this machine, or set ${BINDING_VARIABLE}=number0 to choose this one`,
  }
}

function bindFinding(message: string, bindAddr: string | undefined): Finding {
  if (message.startsWith(BINDING_VARIABLE)) {
    const remedy = `unset ${BINDING_VARIABLE}, so that the binding that loads is used`
    return { name: 'binding', state: 'bad', found: message, remedy }
  }
  if (/cannot be loaded/.test(message))
    return {
      name: 'binding',
      state: 'bad',
      found: message,
      remedy: 'install again with optional dependencies on this machine: rm -rf node_modules, then npm install',
    }
  const remedy = /already in use/i.test(message)
    ? `stop what has ${bindAddr ?? 'the port'}, or set ASTER_BIND_ADDR to another port; port 0 takes a free one`
    : 'set ASTER_BIND_ADDR to an address of this machine, or leave it out'
  return { name: 'port', state: 'bad', found: message, remedy }
}

async function lookAtRelay(
  relayMode: string,
  endpoint: BoundEndpoint,
  world: World,
): Promise<{ readonly finding: Finding; readonly date?: number | undefined }> {
  const name = 'relay'
  if (relayMode === 'disabled')
    return { finding: { name, state: 'ok', found: 'disabled: only direct paths to a producer are used' } }
  const url = /^https?:/.test(relayMode) ? relayMode : await endpoint.relay(RELAY_MS)
  if (url === undefined)
    return {
      finding: {
        name,
        state: 'bad',
        found: `no relay of n0 (${relayMode}) was reached within ${RELAY_MS / 1000} s`,
        remedy:
          'let HTTPS to *.iroh.network out, set ASTER_RELAY_MODE to a relay of your own, or to disabled if all paths are direct',
      },
    }
  try {
    const date = await world.askRelay(url)
    return { finding: { name, state: 'ok', found: `${url} answers` }, date }
  } catch (error) {
    const { cause = error } = error as { cause?: unknown }
    return {
      finding: {
        name,
        state: 'bad',
        found: `${url} cannot be reached: ${errorMessage(cause)}`,
        remedy: 'correct ASTER_RELAY_MODE, start the relay, or allow HTTPS connections to it',
      },
    }
  }
}

async function lookAtDiscovery(config: AsterConfig, addresses: readonly NodeAddr[], world: World): Promise<Finding> {
  const name = 'discovery'
  const { relayMode, discovery = relayMode === 'default' || relayMode === 'staging' } = config
  const isLookedUp = addresses.some((one) => one.addresses.length === 0 && one.relayUrl === undefined)
  if (!discovery) {
    if (!isLookedUp)
      return { name, state: 'ok', found: 'off: not needed, since the address of the producer is complete' }
    return {
      name,
      state: 'bad',
      found: 'off, and the address of the producer is an endpoint id alone',
      remedy: 'use a ticket, which has addresses, or set ASTER_DISCOVERY=true',
    }
  }
  try {
    await world.lookup(DIRECTORY)
    return { name, state: 'ok', found: `on: ${DIRECTORY} is found` }
  } catch (error) {
    return {
      name,
      state: isLookedUp ? 'bad' : 'odd',
      found: `on, and ${DIRECTORY} cannot be resolved: ${errorMessage(error)}`,
      remedy: 'allow DNS queries, or use a ticket and set ASTER_DISCOVERY=false',
    }
  }
}

/** @param date the time in the answer of a relay, in milliseconds since the epoch */
function clock({ now }: CommandIo, date: number | undefined): Finding {
  const name = 'clock'
  const time = now()
  const remedy = 'set the clock, for example by NTP: credentials expire by it'
  const shown = new Date(time).toISOString()
  if (time < EARLIEST) return { name, state: 'bad', found: `${shown} is in the past`, remedy }
  if (date === undefined) return { name, state: 'ok', found: shown }
  const skew = Math.round((time - date) / 1000)
  if (Math.abs(skew) * 1000 <= MAX_SKEW) return { name, state: 'ok', found: `${shown}, as the relay has it` }
  return {
    name,
    state: 'bad',
    found: `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} that of the relay`,
    remedy,
  }
}
