import * as fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { base58, hex } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { anId, vectors } from '../test/vectors.ts'
import { endpointIds, socketAddresses } from '../test/arbitraries.ts'
import { IdentityError } from './identity-error.ts'
import { parseSocketAddress } from './socket-address.ts'
import { formatTicket, parseTicket, type Ticket, type TicketCredential } from './ticket.ts'

interface Fields {
  endpointId: string
  relayAddr: string | null
  directAddrs: string[]
  credentialType: TicketCredential['type'] | null
  credentialDataHex: string | null
}

interface Case {
  name: string
  ticket: string
  bytesHex: string
  fields: Fields
}

interface Tickets {
  valid: Case[]
  lenient: (Case & { canonicalBytesHex: string })[]
  refusedInputs: (Omit<Fields, 'endpointId'> & { name: string })[]
  invalidBytes: { name: string; ticket: string; bytesHex: string }[]
  invalidTexts: { name: string; ticket: string }[]
}

const { valid, lenient, refusedInputs, invalidBytes, invalidTexts } = vectors<Tickets>('tickets')

function ticketOf({ endpointId, relayAddr, directAddrs, credentialType: type, credentialDataHex }: Fields): Ticket {
  const data = credentialDataHex === null ? undefined : hex.decode(credentialDataHex)
  return {
    endpointId,
    addresses: directAddrs,
    ...(relayAddr !== null && { relay: relayAddr }),
    ...(type !== null && { credential: (type === 'open' ? { type } : { type, data }) as TicketCredential }),
  }
}

const bytesOf = (ticket: string) => hex.encode(base58.decode(ticket.slice('aster1'.length)))

describe('tickets', () => {
  it.each(valid)('reads and writes: $name', ({ ticket, bytesHex, fields }) => {
    expect(parseTicket(ticket)).toEqual(ticketOf(fields))
    expect(formatTicket(ticketOf(fields))).toBe(ticket)
    expect(bytesOf(ticket)).toBe(bytesHex)
  })

  it.each(valid)('writes, with bytes of another realm: $name', ({ ticket, fields }) => {
    const own = ticketOf(fields)
    if (own.credential === undefined || !('data' in own.credential)) return
    const data = (runInNewContext('Uint8Array') as typeof Uint8Array).from(own.credential.data)
    expect(formatTicket({ ...own, credential: { ...own.credential, data } })).toBe(ticket)
  })

  it.each(lenient)('ignores: $name', ({ ticket, fields, canonicalBytesHex }) => {
    expect(parseTicket(ticket)).toEqual(ticketOf(fields))
    expect(bytesOf(formatTicket(parseTicket(ticket)))).toBe(canonicalBytesHex)
  })

  it.each([...invalidBytes, ...invalidTexts])('refuses to read: $name', ({ ticket }) => {
    expect(() => parseTicket(ticket)).toThrow(IdentityError)
  })

  it.each(refusedInputs)('refuses to write: $name', (fields) => {
    expect(() => formatTicket(ticketOf({ endpointId: anId, ...fields }))).toThrow(IdentityError)
  })

  it('leaves a relay URL out, for which a ticket has no room', () => {
    const addr = { endpointId: anId, relayUrl: 'https://relay.example/', addresses: ['127.0.0.1:1'] }
    expect(parseTicket(formatTicket(addr))).toEqual({ endpointId: anId, addresses: ['127.0.0.1:1'] })
  })

  it('says what is wrong and where the text came from', () => {
    expect(() =>
      parseTicket(`aster15zKqDrHkVraAjWGXVLPmVkqopuuaG3L4G17R3LFQ4qyE4DM0`, { source: 'ASTER_ENDPOINT_ADDR' }),
    ).toThrow('ASTER_ENDPOINT_ADDR ticket: expected base58, found the character "0"')
  })

  it('refuses an endless text without working on it', () => {
    expect(() => parseTicket(`aster1${'2'.repeat(5_000_000)}`)).toThrow('at most 256 bytes')
  })

  it('reads back every ticket that it writes', () => {
    const data = fc.uint8Array({ maxLength: 40 })
    const credential = fc.oneof(
      fc.constant({ type: 'open' as const }),
      fc.record({ type: fc.constantFrom('consumer_rcan' as const, 'enrollment' as const), data }),
      fc.record({ type: fc.constant('registry_read' as const), data: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
    )
    const ticket = fc.record(
      {
        endpointId: endpointIds,
        addresses: fc.array(socketAddresses, { maxLength: 8 }),
        relay: socketAddresses,
        credential,
      },
      { requiredKeys: ['endpointId', 'addresses'] },
    )
    fc.assert(
      fc.property(ticket, (value) => {
        expect(parseTicket(formatTicket(value))).toEqual(value)
      }),
    )
  })

  it('reads any bytes or refuses them with an IdentityError', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => base58.encode(bytes)),
      fc.tuple(endpointIds, fc.uint8Array({ maxLength: 60 })).map(([id, rest]) => {
        return base58.encode(Uint8Array.from([...hex.decode(id), 0x10, ...rest]))
      }),
    )
    fc.assert(
      fc.property(garbage, (body) => {
        try {
          const ticket = parseTicket(`aster1${body}`)
          expect(parseTicket(formatTicket(ticket))).toEqual(ticket)
          for (const address of ticket.addresses) parseSocketAddress(address)
        } catch (error) {
          expect(error).toBeInstanceOf(IdentityError)
        }
      }),
    )
  })
})
