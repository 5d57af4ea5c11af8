import type { Connection, ConnectionPath } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AddressRates, findAddress } from './address-rates.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function from(address: string, kind: ConnectionPath['kind'] = 'direct'): Connection {
  const paths: ConnectionPath[] = [{ kind, address, rttMs: 1, selected: true }]
  return { paths } as Partial<Connection> as Connection
}

it.each([
  ['192.0.2.7:4433', '192.0.2.7'],
  ['[::ffff:192.0.2.7]:4433', '192.0.2.7'],
  ['[2001:db8:1:2:3:4:5:6]:4433', '2001:db8:1:2::/64'],
  ['[2001:DB8:1:2::9]:1', '2001:db8:1:2::/64'],
  ['[2001:db8:0001:0002:0:0:0:9]:1', '2001:db8:1:2::/64'],
  ['[2001:db8::9]:1', '2001:db8:0:0::/64'],
  ['[::1]:1', '0:0:0:0::/64'],
  ['[fe80::1%2]:1', 'fe80:0:0:0::/64'],
])('tells users apart by their networks: %s', (address, network) => {
  expect(findAddress(from(address))).toBe(network)
})

it('takes a relay for the address of those behind it, and needs none', () => {
  expect(findAddress(from('https://relay.example./', 'relay'))).toBe('https://relay.example./')
  expect(findAddress({} as Connection)).toBeUndefined()
  expect(findAddress({ paths: [] } as Partial<Connection> as Connection)).toBeUndefined()
})

it('lets an address have a burst, and a rate behind it', () => {
  const rates = new AddressRates(100, 1_000)
  const take = (count: number, address: string) =>
    Array.from({ length: count }, () => rates.isOver(from(address))).filter((isOver) => !isOver).length
  expect(take(1_500, '192.0.2.7:1')).toBe(1_000)
  expect(take(1, '192.0.2.8:1')).toBe(1)
  vi.advanceTimersByTime(2_000)
  expect(take(1_500, '192.0.2.7:2')).toBe(200)
  vi.advanceTimersByTime(3_600_000)
  expect(take(1_500, '192.0.2.7:3')).toBe(1_000)
  expect(vi.getTimerCount()).toBe(0)
})

it('counts connections without an address towards no rate', () => {
  const rates = new AddressRates(1, 1)
  for (let i = 0; i < 10; i++) expect(rates.isOver({} as Connection)).toBe(false)
})

it('remembers a bounded number of addresses, the ones that were seen last', () => {
  const rates = new AddressRates(0.001, 1)
  rates.isOver(from('192.0.2.7:1'))
  for (let i = 0; i < 9_999; i++) rates.isOver(from(`[2001:db8:${i.toString(16)}::1]:1`))
  expect(rates.isOver(from('192.0.2.7:1'))).toBe(true)
  rates.isOver(from('192.0.2.8:1'))
  expect(rates.isOver(from('[2001:db8:0::1]:1'))).toBe(false)
  expect(rates.isOver(from('192.0.2.7:1'))).toBe(true)
})
