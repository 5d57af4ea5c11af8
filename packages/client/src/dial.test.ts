import type { NodeAddr } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeTransport } from '../test/fake-transport.ts'
import { failure } from '../test/peer-setup.ts'
import { dial } from './dial.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const relayUrl = 'https://relay.example/'
const direct: NodeAddr = { endpointId: 'there', addresses: ['127.0.0.1:1'] }
const relayed: NodeAddr = { ...direct, relayUrl }
const ours = { endpointId: 'here', addresses: [], relayUrl: 'https://ours.example/' }
const timeoutMs = 10_000

const answers = async (): Promise<Response> => new Response()
const refuses = async (): Promise<Response> => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 192.0.2.1:443') })
}
const isSilent = (_url: string, { signal }: { signal: AbortSignal }): Promise<Response> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

type Own = Partial<Pick<FakeTransport, 'usesRelays' | 'localAddress'>>
const reached: Own = { usesRelays: true, localAddress: ours }

function begin(address: NodeAddr, own: Own, relay: (...args: never) => Promise<Response> = answers) {
  const fetch = vi.fn(relay)
  vi.stubGlobal('fetch', fetch)
  const transport = Object.assign(new FakeTransport(), own)
  return { transport, fetch, dialling: dial(transport, address, { alpn: RPC_ALPN, timeoutMs }) }
}

it.each<[string, NodeAddr, Own, typeof answers | typeof isSilent, string]>([
  [
    'the address has no relay, and which form has one',
    direct,
    reached,
    answers,
    "the address has no relay; an 'endpoint…' ticket or the endpointAddr of a producer behind a relay has one",
  ],
  [
    'relays are disabled here',
    relayed,
    { usesRelays: false },
    answers,
    `the address has the relay ${relayUrl}, and relays are disabled here`,
  ],
  [
    'the relay cannot be reached',
    relayed,
    reached,
    refuses,
    `the relay ${relayUrl} cannot be reached (connect ECONNREFUSED 192.0.2.1:443)`,
  ],
  ['the relay does not answer', relayed, reached, isSilent, `the relay ${relayUrl} does not answer`],
  ['the relay answers', relayed, reached, answers, `the relay ${relayUrl} answers`],
  [
    'this side has no relay yet',
    relayed,
    { usesRelays: true },
    answers,
    `the relay ${relayUrl} answers, and this side is not connected to a relay`,
  ],
])('says that %s', async (_what, address, own, relay, hint) => {
  const { dialling } = begin(address, own, relay)
  const error = failure(dialling)
  await vi.advanceTimersByTimeAsync(timeoutMs)
  expect(String(await error)).toMatch(`: no answer within ${timeoutMs} ms; ${hint}`)
  expect(String(await error).endsWith(hint)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

it.each<[string, NodeAddr, Own]>([
  ['of a transport without relays', direct, {}],
  ['if relays are disabled, and the address has none', direct, { usesRelays: false }],
])('says nothing of relays %s', async (_what, address, own) => {
  const { dialling, fetch } = begin(address, own)
  const error = failure(dialling)
  await vi.advanceTimersByTimeAsync(timeoutMs)
  expect(String(await error).endsWith(`: no answer within ${timeoutMs} ms`)).toBe(true)
  expect(fetch).not.toHaveBeenCalled()
})

it('does not mention relays if the peer refuses the connection', async () => {
  const { dialling, transport } = begin(direct, reached)
  const error = failure(dialling)
  transport.last.fail('it does not speak that')
  expect(String(await error).endsWith(': it does not speak that')).toBe(true)
})

it('sends a request to the relay only if a dial takes long', async () => {
  const { dialling, transport, fetch } = begin(relayed, reached)
  await vi.advanceTimersByTimeAsync(timeoutMs / 2 - 1)
  transport.last.succeed()
  await dialling
  await vi.advanceTimersByTimeAsync(timeoutMs)
  expect(fetch).not.toHaveBeenCalled()
})
