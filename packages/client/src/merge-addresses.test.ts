import { expect, it } from 'vitest'
import { mergeAddresses } from './merge-addresses.ts'

it('takes several addresses of one endpoint for several paths to it, in the order given', () => {
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
