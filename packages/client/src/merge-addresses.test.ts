import { expect, it } from 'vitest'
import { mergeAddresses } from './merge-addresses.ts'

it('merges several addresses of one endpoint into one with all paths, in the given order', () => {
  expect(
    mergeAddresses([
      { endpointId: 'a', addresses: ['1', '2'] },
      { endpointId: 'b', addresses: [] },
      { endpointId: 'a', relayUrl: 'x', addresses: ['2', '3'] },
      { endpointId: 'a', relayUrl: 'y', addresses: [] },
    ]),
  ).toEqual([
    { endpointId: 'a', relayUrl: 'x', addresses: ['1', '2', '3'] },
    { endpointId: 'b', addresses: [] },
  ])
})
