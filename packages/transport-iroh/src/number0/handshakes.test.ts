import { expect, it, vi } from 'vitest'
import { Handshakes } from './handshakes.ts'

interface Peer {
  readonly addr?: string
  readonly endpointId?: string
  readonly validated?: boolean
}

/** Creates peers that do not finish their handshakes until they are told to leave. */
function createDialler() {
  const handshakes = new Handshakes()
  const leave: (() => void)[] = []
  const dial = async ({ addr = '10.0.0.1:1', endpointId, validated = true }: Peer = {}) => {
    const incoming = {
      ignore: vi.fn(async () => {}),
      retry: vi.fn(async () => {}),
      remoteAddrValidated: async () => validated,
      remoteAddr: async () => ({ kind: 'ip', addr, ...(endpointId !== undefined && { endpointId }) }),
    }
    const shake = vi.fn(() => new Promise<void>((resolve) => leave.push(resolve)))
    const run = handshakes.run(incoming, shake)
    await Promise.race([run, new Promise((resolve) => setImmediate(resolve))])
    const [turnedAway] = (['ignore', 'retry'] as const).filter((name) => incoming[name].mock.calls.length > 0)
    return shake.mock.calls.length > 0 ? 'accepted' : turnedAway
  }
  const fill = async (count: number, peer: (i: number) => Peer = () => ({})) => {
    for (let i = 0; i < count; i++) expect(await dial(peer(i))).toBe('accepted')
  }
  return { dial, fill, leave }
}

it('asks a peer to prove its address while many handshakes are in progress', async () => {
  const { dial, fill, leave } = createDialler()
  await fill(128, () => ({ validated: false }))
  expect(await dial({ validated: false })).toBe('retry')
  expect(await dial({ validated: true })).toBe('accepted')
  for (const go of leave.splice(0)) go()
  await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  expect(await dial({ validated: false })).toBe('accepted')
})

it('leaves half of the places to other addresses, and ignores handshakes above the limit', async () => {
  const { dial, fill } = createDialler()
  await fill(128 + 1_024, (i) => ({ addr: `10.0.0.1:${i}` }))
  expect(await dial({ addr: '10.0.0.1:9' })).toBe('ignore')
  await fill(800, (i) => ({ addr: `[2001:db8:0:1::${i}]:1` }))
  await fill(2_048 - 128 - 1_024 - 800, (i) => ({ addr: 'https://relay.example/', endpointId: `peer ${i}` }))
  expect(await dial({ addr: '10.0.0.2:9' })).toBe('ignore')
})
