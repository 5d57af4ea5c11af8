import { generateKeyPair, parseTicket } from '@aster/identity'
import { expect, it } from 'vitest'
import { formatEndpointTicket } from './ticket.ts'

const endpointId = generateKeyPair().publicKey

it.each([
  [0, 0, '127.0.0.1:'],
  [15, 15, '127.0.0.1:'],
  [20, 15, '127.0.0.1:'],
  [20, 12, '[::1]:'],
])('of %i addresses holds the first %i where they look like %s', (given, held, host) => {
  const addresses = Array.from({ length: given }, (_, index) => `${host}${index + 1}`)
  const ticket = parseTicket(formatEndpointTicket({ endpointId, addresses, relayUrl: 'https://relay.example' }))
  expect(ticket).toEqual({ endpointId, addresses: addresses.slice(0, held) })
})
