import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['RELAY_MODE', 'ROOT_PUBKEY', 'ROOT_PUBKEY_FILE', 'ENDPOINT_ADDR', 'ALPNS']

it.each([
  ['RELAYMODE', 'RELAY_MODE'],
  ['relay_mode', 'RELAY_MODE'],
  ['RELAY_MDOE', 'RELAY_MODE'],
  ['ROOT_PUB_KEY', 'ROOT_PUBKEY'],
  ['ENDPOINT_ADDRESS', 'ENDPOINT_ADDR'],
  ['ALPN', 'ALPNS'],
])('finds what %s was meant to be', (name, meant) => {
  expect(nearest(name, known)).toBe(meant)
})

it.each(['SOMETHING', 'PYTHON', '', 'A'.repeat(1_000_000)])(
  'finds nothing for a name that is like no other',
  (name) => {
    expect(nearest(name, known)).toBeUndefined()
  },
)

it('returns the nearest of several', () => {
  expect(nearest('ROOT_PUBKEY_FIL', known)).toBe('ROOT_PUBKEY_FILE')
  expect(nearest('ROOT_PUBKEYS', known)).toBe('ROOT_PUBKEY')
})

it.each([
  ['expire_at', 'expires_at'],
  ['Attributes', 'attributes'],
  ['endpoint-id', 'endpoint_id'],
  ['rol', 'role'],
  ['colour', undefined],
  ['x'.repeat(1_000_000), undefined],
  ['', undefined],
])('reads %.20s as %s', (name, meant) => {
  expect(nearest(name, ['role', 'expires_at', 'endpoint_id', 'attributes'])).toBe(meant)
})
