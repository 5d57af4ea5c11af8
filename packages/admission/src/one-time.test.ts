// One-time credentials at a gate, with stores that keep uses or not, and that answer in any order.
import * as fc from 'fast-check'
import { generateNonce } from '@aster/identity'
import { describe, expect, it } from 'vitest'
import { NOW_MS, NOW_S, requestWith, root } from '../test/credentials.ts'
import { ConsumerGate } from './consumer-gate.ts'
import { MemoryNonceStore, type NonceStore } from './nonce-store.ts'

/** A store of the first version of this package, which records that a nonce was used, but not by which endpoint. */
function recordingStore(): NonceStore {
  const used = new Set<string>()
  return { use: async (nonce) => !used.has(nonce) && used.add(nonce).has(nonce) }
}

const stores: [string, () => NonceStore][] = [
  ['keeps uses', () => new MemoryNonceStore({ now: () => NOW_MS })],
  ['keeps no uses', recordingStore],
]

/** A gate with a clock that the test moves. */
function gateAt(nonceStore: NonceStore, peerTtlS = 600) {
  const clock = { ms: NOW_MS }
  const gate = new ConsumerGate({ rootPubkey: root.publicKey, nonceStore, now: () => clock.ms, peerTtlS })
  const admits = async (request: ReturnType<typeof requestWith>, peer: string): Promise<boolean> =>
    (await gate.decide(request, peer)).admitted
  return { gate, clock, admits }
}

describe.each(stores)('a one-time credential, with a store that %s', (_what, open) => {
  it('admits its endpoint again, and no other', async () => {
    const { gate, admits } = gateAt(open())
    const request = requestWith({ type: 'ott', attributes: { team: 'red' } })
    expect(await admits(request, 'alice')).toBe(true)
    expect(await admits(request, 'bob')).toBe(false)
    expect(await gate.decide(request, 'alice')).toMatchObject({ admitted: true, attributes: { team: 'red' } })
    expect(gate.access('bob')).toBeUndefined()
  })

  it('grants access once: to be admitted again does not prolong it', async () => {
    const { gate, clock, admits } = gateAt(open())
    const request = requestWith({ type: 'ott' })
    await admits(request, 'alice')
    clock.ms += 599_999
    expect(await admits(request, 'alice')).toBe(true)
    expect(gate.access('alice')).toBeDefined()
    clock.ms += 1
    expect(gate.access('alice')).toBeUndefined()
    expect(await gate.decide(request, 'alice')).toMatchObject({
      admitted: false,
      reason: expect.stringContaining('was used before'),
    })
    expect(gate.access('alice')).toBeUndefined()
  })

  it('does not admit again what shares its nonce for longer than the first did', async () => {
    const { gate, clock, admits } = gateAt(open())
    const nonce = generateNonce()
    expect(await admits(requestWith({ type: 'ott', nonce, expiresAt: NOW_S + 60 }), 'alice')).toBe(true)
    expect(await admits(requestWith({ type: 'ott', nonce, expiresAt: NOW_S + 3600 }), 'alice')).toBe(true)
    clock.ms += 60_000
    expect(gate.access('alice')).toBeUndefined()
  })

  it('admits exactly one of the endpoints that race for it, each time it asks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }),
        fc.scheduler(),
        async (peers, scheduler) => {
          const store = open()
          const late: NonceStore = {
            use: (...call) =>
              scheduler.schedule(Promise.resolve()).then(async () => {
                const first = await store.use(...call)
                await scheduler.schedule(Promise.resolve())
                return first
              }),
            ...(store.findUse && {
              findUse: (nonce) => scheduler.schedule(Promise.resolve(store.findUse?.(nonce))),
            }),
          }
          const { admits } = gateAt(late)
          const request = requestWith({ type: 'ott' })
          const deciding = Promise.all(peers.map((peer) => admits(request, peer)))
          const admitted = await scheduler.waitFor(deciding)
          const winners = new Set(peers.filter((_peer, index) => admitted[index]))
          expect(winners.size).toBe(1)
          expect(admitted).toEqual(peers.map((peer) => winners.has(peer)))
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a store', () => {
  it('that fails once does not keep the next attempt out', async () => {
    let calls = 0
    const { admits } = gateAt({
      use: async () => {
        calls += 1
        if (calls === 1) throw new Error('busy')
        return true
      },
    })
    const request = requestWith({ type: 'ott' })
    const decisions = [admits(request, 'alice'), admits(request, 'alice')]
    expect(await Promise.all(decisions)).toEqual([false, true])
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['no time', { endpointId: 'alice' }],
    ['a time that is not a number', { endpointId: 'alice', accessUntil: Number.NaN }],
    ['a time that has passed', { endpointId: 'alice', accessUntil: NOW_MS }],
  ])('that finds %s for a used nonce admits no consumer', async (_what, found) => {
    const { gate, admits } = gateAt({ use: async () => false, findUse: async () => found as never })
    expect(await admits(requestWith({ type: 'ott' }), 'alice')).toBe(false)
    expect(gate.access('alice')).toBeUndefined()
  })

  it('that cannot look a use up admits no consumer, and says so in the log', async () => {
    const failure = new Error('disk full')
    const { gate } = gateAt({ use: async () => false, findUse: () => Promise.reject(failure) })
    expect(await gate.decide(requestWith({ type: 'ott' }), 'alice')).toMatchObject({ admitted: false, cause: failure })
  })
})
