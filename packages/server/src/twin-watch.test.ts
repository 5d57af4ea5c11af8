import type { CloseInfo, Connection, ConnectionPath, Logger } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { areApart, TwinWatch } from './twin-watch.ts'

const own = vi.hoisted(() => ['192.168.7.7'])
vi.mock('node:os', () => ({ networkInterfaces: () => ({ eth0: own.map((address) => ({ address })) }) }))

let lines: unknown[]
let logger: Logger
beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  const fail = (): never => expect.unreachable()
  logger = { debug: fail, info: fail, error: fail, warn: (fields) => void lines.push(fields) }
})
afterEach(() => void vi.useRealTimers())

class Fake {
  paths: readonly ConnectionPath[] | undefined
  end: (info: CloseInfo) => void = () => {}
  readonly remoteId: string
  readonly closed = new Promise<CloseInfo>((resolve) => (this.end = resolve))

  constructor(remoteId: string, ...addresses: string[]) {
    this.remoteId = remoteId
    this.see(...addresses)
  }

  see(...addresses: string[]): void {
    this.paths = addresses.map((address) => {
      return { kind: address.startsWith('https') ? 'relay' : 'direct', address, rttMs: 1, selected: true }
    })
  }
}

function watch(...connections: Fake[]): TwinWatch {
  const twins = new TwinWatch(logger)
  for (const connection of connections) twins.add(connection as unknown as Connection)
  return twins
}

const [a, b, c] = ['10.0.0.1:5000', '10.0.0.2:5000', '10.0.0.3:5000']

it('warns once of two live connections from different addresses', () => {
  const twins = watch(new Fake('x', a), new Fake('x', b))
  expect(lines).toEqual([{ peer: 'x', addresses: [a, b] }])
  twins.add(new Fake('x', c) as unknown as Connection)
  vi.runAllTimers()
  expect(lines).toHaveLength(1)
})

it('does not warn of connections of one program, of two ids, or without an address', () => {
  const relay = 'https://relay.example/'
  watch(new Fake('x', a), new Fake('x', a), new Fake('y', b), new Fake('x', c, a), new Fake('x', relay))
  watch(Object.assign(new Fake('x'), { paths: undefined }), new Fake('x', a))
  vi.runAllTimers()
  expect(lines).toEqual([])
})

it('compares the addresses that connections have now', () => {
  const [first, second] = [new Fake('x', a), new Fake('y', 'https://relay.example/')]
  const twins = watch(first, second)
  vi.runAllTimers()
  first.see(b)
  twins.add(new Fake('x', b) as unknown as Connection)
  expect(lines).toEqual([])
  second.see(a)
  twins.add(new Fake('y', b) as unknown as Connection)
  vi.runAllTimers()
  expect(lines).toEqual([{ peer: 'y', addresses: [a, b] }])
})

it('warns at once of a connection whose address was not known when it was added', () => {
  const first = new Fake('x')
  const twins = watch(first)
  first.see(a)
  twins.add(new Fake('x', b) as unknown as Connection)
  expect(lines).toEqual([{ peer: 'x', addresses: [a, b] }])
})

it('does not warn of a connection that follows the end of another', async () => {
  const first = new Fake('x', a)
  const twins = watch(first)
  first.end({ by: 'network', reason: 'lost' })
  await first.closed
  await Promise.resolve()
  twins.add(new Fake('x', b) as unknown as Connection)
  vi.runAllTimers()
  expect(lines).toEqual([])
})

it('checks again a connection that starts on a relay', () => {
  const late = new Fake('x', 'https://relay.example/')
  watch(new Fake('x', a), late)
  expect(lines).toEqual([])
  late.see('https://relay.example/', b)
  vi.runAllTimers()
  expect(lines).toHaveLength(1)
})

it.each([
  ['the ports', true, '127.0.0.1:1', '127.0.0.1:2'],
  ['the hosts', true, '192.168.7.8:1', '192.168.7.9:1'],
  ['the hosts, both of this machine', false, '127.0.0.1:1', '192.168.7.7:1'],
  ['the hosts, one of this machine', true, '192.168.7.7:1', '192.168.7.9:1'],
  ['the families', false, '127.0.0.1:1', '[::1]:2'],
  ['the hosts, in IPv6', true, '[2001:db8::1]:1', '[2001:db8::2]:1'],
])('compares %s: %j', (_what, expected, one, other) => {
  expect([areApart([one], [other]), areApart([other], [one])]).toEqual([expected, expected])
})
