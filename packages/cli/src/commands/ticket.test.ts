import { generateKeyPair } from '@aster/identity'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

const endpointId = generateKeyPair().publicKey
const addresses = ['192.0.2.1:7001', '[2001:db8::1]:7002']

interface Decoded {
  readonly forms: Readonly<Record<'aster' | 'endpoint' | 'nodeaddr', string>>
}

describe('an address', () => {
  it('is put together, and taken apart in each of its forms', async () => {
    const args = ['ticket', 'encode', endpointId, ...addresses.flatMap((one) => ['--addr', one])]
    const { forms } = (await place.json(...args, '--relay', 'https://relay.example/')) as unknown as Decoded
    expect([forms.aster, forms.endpoint]).toEqual([
      expect.stringMatching(/^aster1/),
      expect.stringMatching(/^endpoint/),
    ])
    for (const form of ['endpoint', 'nodeaddr'] as const) {
      const decoded = await place.json('ticket', 'decode', forms[form])
      expect(decoded).toMatchObject({ endpointId, relayUrl: 'https://relay.example/', forms })
      expect((decoded['addresses'] as string[]).toSorted()).toEqual(addresses.toSorted())
    }
    expect(await place.json('ticket', 'decode', forms.aster)).toMatchObject({ endpointId, relayUrl: null, addresses })
    expect(await place.json('ticket', 'decode', endpointId)).toMatchObject({ form: 'endpoint id', addresses: [] })
  })

  it('is printed in one form, and for people', async () => {
    const { out } = await place.run(['ticket', 'encode', endpointId, '--form', 'aster'])
    expect(out).toMatch(/^aster1\w+\n$/)
    const shown = await place.run(['ticket', 'decode', out.trim()])
    expect(shown.out).toContain(`endpoint id  ${endpointId}`)
    expect(shown.out).toContain('none: found by discovery alone')
  })

  it.each([
    [['decode', 'aster1x'], 'address: '],
    [['decode', 'nothing \u001b[2J'], 'address: '],
    [['encode', endpointId, '--addr', 'here'], '--addr, --relay: '],
    [['encode', endpointId, '--form', 'x'], '--form: expected aster, endpoint or nodeaddr'],
  ])('is refused: %j', async (args, message) => {
    const { code, out, err } = await place.run(['ticket', ...args])
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)])
    expect(err).not.toMatch(/(?!\n)\p{Cc}/u)
  })
})
