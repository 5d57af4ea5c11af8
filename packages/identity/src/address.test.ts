import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpointIds, socketAddresses } from '../test/arbitraries.ts'
import { anId, vectors } from '../test/vectors.ts'
import { parseAddress } from './address.ts'
import { IdentityError } from './identity-error.ts'
import { formatIrohTicket } from './iroh-ticket.ts'
import { formatNodeAddr } from './node-addr.ts'
import { formatTicket } from './ticket.ts'

interface Addr {
  endpointId: string
  relayUrl: string | null
  addresses: string[]
}

const { formats, texts } = vectors<{
  formats: { name: string; nodeAddr: Addr; base64: string }[]
  texts: { name: string; text: string; expect: Addr | null }[]
}>('node-addr')
const tickets = vectors<{ valid: { name: string; ticket: string; dials: Addr }[] }>('tickets').valid
const irohTickets = vectors<{ valid: { name: string; ticket: string; nodeAddr: Addr }[] }>('iroh-tickets').valid

const addrOf = ({ relayUrl, ...rest }: Addr) => (relayUrl === null ? rest : { ...rest, relayUrl })

describe('NodeAddr', () => {
  it.each(formats)('is read and written: $name', ({ nodeAddr, base64 }) => {
    expect(parseAddress(base64)).toEqual(addrOf(nodeAddr))
    expect(formatNodeAddr(addrOf(nodeAddr))).toBe(base64)
  })
})

describe('parseAddress', () => {
  it.each(texts)('$name', ({ text, expect: expected }) => {
    if (expected) expect(parseAddress(text)).toEqual(addrOf(expected))
    else expect(() => parseAddress(text)).toThrow(IdentityError)
  })

  it.each(tickets)('ticket: $name', ({ ticket, dials }) => {
    expect(parseAddress(` ${ticket}\n`)).toEqual(addrOf(dials))
  })

  it.each(irohTickets)('iroh ticket: $name', ({ ticket, nodeAddr }) => {
    expect(parseAddress(` ${ticket}\n`)).toEqual(addrOf(nodeAddr))
  })

  it('parses a NodeAddr once, and returns it frozen', () => {
    const text = formatNodeAddr({ endpointId: anId, addresses: ['127.0.0.1:1'] })
    const address = parseAddress(text)
    expect(parseAddress(text)).toBe(address)
    expect(Object.isFrozen(address) && Object.isFrozen(address.addresses)).toBe(true)
  })

  it('says which part is wrong, and where it came from', () => {
    const text = btoa(`${anId}\n\n127.0.0.1`)
    expect(() => parseAddress(text, { source: 'ASTER_ENDPOINT_ADDR' })).toThrow(
      'ASTER_ENDPOINT_ADDR address: expected ip:port or [v6]:port, found "127.0.0.1"',
    )
    expect(() => parseAddress('')).toThrow(
      'address: expected a ticket (aster1… or endpoint…), an endpoint id of 64 hex digits, or base64 of a NodeAddr, found an empty string',
    )
  })

  it('does not repeat a secret key that was given as an address', () => {
    const secret = btoa('\u0001\u0002'.repeat(16))
    let message = ''
    try {
      parseAddress(secret)
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain('IdentityError')
    expect(message).not.toContain(secret.slice(0, 8))
  })

  it('reads back every address, whatever its form', () => {
    const addr = fc.record(
      {
        endpointId: endpointIds,
        relayUrl: fc.webUrl({ validSchemes: ['http', 'https'] }),
        addresses: fc.uniqueArray(socketAddresses, { maxLength: 12 }),
      },
      { requiredKeys: ['endpointId', 'addresses'] },
    )
    fc.assert(
      fc.property(addr, (value) => {
        expect(parseAddress(formatNodeAddr(value))).toEqual(value)
        const { relayUrl: _, ...rest } = value
        expect(parseAddress(formatTicket(value))).toEqual(rest)
        const again = parseAddress(formatIrohTicket(value))
        expect({ ...again, addresses: again.addresses.toSorted() }).toEqual({
          ...value,
          addresses: value.addresses.toSorted(),
        })
        expect(formatIrohTicket(again)).toBe(formatIrohTicket(value))
      }),
    )
  })

  it('refuses garbage with an IdentityError', () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.string({ unit: fc.constantFrom('0', '9', 'a', 'F') }),
    )
    fc.assert(
      fc.property(fc.constantFrom('', 'aster1', 'endpoint', 'ASTER1'), body, (prefix, text) => {
        expect(() => parseAddress(prefix + text)).toThrow(IdentityError)
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (lines) => {
        expect(() => parseAddress(Buffer.from(lines.join('\n')).toString('base64'))).toThrow(IdentityError)
      }),
    )
  })
})
