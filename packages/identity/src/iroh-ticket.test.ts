import * as fc from 'fast-check'
import { base32nopad, hex } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { anId, vectors } from '../test/vectors.ts'
import { IdentityError } from './identity-error.ts'
import { formatIrohTicket, parseIrohTicket } from './iroh-ticket.ts'

interface Addr {
  endpointId: string
  relayUrl: string | null
  addresses: string[]
}

const { valid, texts } = vectors<{
  valid: { name: string; ticket: string; nodeAddr: Addr }[]
  texts: { name: string; ticket: string; nodeAddr: Addr | null }[]
}>('iroh-tickets')

const addrOf = ({ relayUrl, ...rest }: Addr) => (relayUrl === null ? rest : { ...rest, relayUrl })

describe('iroh tickets', () => {
  it.each(valid)('are read and written: $name', ({ ticket, nodeAddr }) => {
    expect(parseIrohTicket(ticket)).toEqual(addrOf(nodeAddr))
    expect(formatIrohTicket(addrOf(nodeAddr))).toBe(ticket)
  })

  it.each(texts)('$name', ({ ticket, nodeAddr }) => {
    if (nodeAddr) expect(parseIrohTicket(ticket)).toEqual(addrOf(nodeAddr))
    else expect(() => parseIrohTicket(ticket)).toThrow(IdentityError)
  })

  it('are written sorted and without doubles', () => {
    const addresses = ['[::1]:6', '127.0.0.1:5', '10.0.0.2:7', '127.0.0.1:5', '10.0.0.2:6']
    const ticket = formatIrohTicket({ endpointId: anId, addresses })
    expect(parseIrohTicket(ticket).addresses).toEqual(['10.0.0.2:6', '10.0.0.2:7', '127.0.0.1:5', '[::1]:6'])
  })

  it('are read or refused with an IdentityError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rest) => {
        const body = base32nopad.encode(Uint8Array.from([0, ...hex.decode(anId), ...rest]))
        try {
          const addr = parseIrohTicket(`endpoint${body}`)
          expect(parseIrohTicket(formatIrohTicket(addr))).toEqual(addr)
        } catch (error) {
          expect(error).toBeInstanceOf(IdentityError)
        }
      }),
    )
  })
})
