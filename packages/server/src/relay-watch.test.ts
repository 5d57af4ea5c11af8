import type { Logger } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RelayWatch } from './relay-watch.ts'
import type { RelayEvent } from './server-events.ts'

const URL = 'https://relay.example/'

/** Returns an endpoint that has a relay when `online` has settled. */
function endpointOf(name: string, usesRelays = true) {
  let resolve = (_isOnline: boolean): void => {}
  const promise = new Promise<boolean>((settle) => (resolve = settle))
  return {
    channel: { name },
    usesRelays,
    wantedRelay: URL,
    relayUrl: undefined as string | undefined,
    online: vi.fn((_timeoutMs: number) => promise),
    arrive(relayUrl = URL) {
      this.relayUrl = relayUrl
      resolve(true)
    },
    giveUp: () => resolve(false),
  }
}

const watches: RelayWatch[] = []
const lines: [level: string, fields: object, message: string][] = []
const events: RelayEvent[] = []
const write = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message])
const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }

function watch(...endpoints: ReturnType<typeof endpointOf>[]): RelayWatch {
  const one = new RelayWatch(endpoints, { timeoutMs: 700, emit: (event) => void events.push(event), logger })
  watches.push(one)
  return one
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  // After one turn of the event loop, every reaction to a settled promise has run.
  return Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))])
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => {
  for (const one of watches.splice(0)) one.stop()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  lines.length = events.length = 0
})

describe('ready', () => {
  it('resolves when all endpoints that use relays have one', async () => {
    const [a, b, local] = [endpointOf('rpc'), endpointOf('bulk'), endpointOf('local', false)]
    const { ready } = watch(a, b, local)
    expect(local.online).not.toHaveBeenCalled()
    expect(a.online).toHaveBeenCalledWith(700)
    a.arrive()
    expect(await isSettled(ready)).toBe(false)
    b.arrive()
    await ready
    expect(events).toEqual([
      { channel: 'rpc', relayUrl: URL },
      { channel: 'bulk', relayUrl: URL },
    ])
    expect(lines.map(([level]) => level)).toEqual(['debug', 'debug'])
  })

  it('resolves without a relay after the timeout, with a warning that names the relay', async () => {
    const late = endpointOf('rpc')
    const { ready } = watch(late)
    late.giveUp()
    await ready
    const message = `${URL} was not reached within 700 ms: until it is, consumers need a direct path`
    expect(lines).toEqual([['warn', { channel: 'rpc', relay: URL }, message]])
    expect(events).toEqual([])
  })

  it('resolves at once if no endpoint uses relays', async () => {
    await watch(endpointOf('rpc', false)).ready
    expect([lines, events]).toEqual([[], []])
  })

  it('resolves if it is stopped, and logs nothing afterwards', async () => {
    const late = endpointOf('rpc')
    const one = watch(late)
    one.stop()
    await one.ready
    late.giveUp()
    expect(await isSettled(one.ready)).toBe(true)
    expect(lines).toEqual([])
  })
})

it('reports relays that come later, change and go', async () => {
  const endpoint = endpointOf('rpc')
  const { ready } = watch(endpoint)
  endpoint.giveUp()
  await ready
  for (const relayUrl of [URL, 'https://other.example/', undefined]) {
    endpoint.relayUrl = relayUrl
    vi.advanceTimersByTime(3_000)
    vi.advanceTimersByTime(3_000)
  }
  expect(events.map(({ relayUrl }) => relayUrl)).toEqual([URL, 'https://other.example/', undefined])
  expect(lines.map(([level]) => level)).toEqual(['warn', 'info', 'info', 'warn'])
})

it('continues if a transport throws', async () => {
  const [broken, whole] = [endpointOf('rpc'), endpointOf('bulk')]
  const { ready } = watch(broken, whole)
  for (const endpoint of [broken, whole]) endpoint.giveUp()
  await ready
  const failure = new Error('no address')
  Object.defineProperty(broken, 'relayUrl', {
    get() {
      throw failure
    },
  })
  whole.relayUrl = URL
  vi.advanceTimersByTime(3_000)
  expect(events).toEqual([{ channel: 'bulk', relayUrl: URL }])
  expect(lines).toContainEqual(['error', { err: failure }, 'a relay could not be looked at'])
})
