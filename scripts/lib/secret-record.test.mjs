import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { SecretRecord } from './secret-record.mjs'

const secret = randomBytes(32)
const record = new SecretRecord()
record.add(secret, 'a key')

it.each([
  ['hex', secret.toString('hex')],
  ['hex in upper case within more digits', `0${secret.toString('hex').toUpperCase()}77`],
  ['base64', secret.toString('base64')],
  ['base64url', secret.toString('base64url')],
  ['numbers', inspect([...secret], { maxArrayLength: null })],
  ['JSON', JSON.stringify({ key: [...secret] })],
])('finds a secret as %s', (_form, text) => {
  expect(record.find(`before ${text} after`)).toMatch(/^a key, near ".*…"$/s)
})

it('finds no other', () => {
  const other = randomBytes(32)
  expect(record.find(`${other.toString('hex')} ${other.toString('base64')} ${[...other].join(', ')}`)).toBeUndefined()
  expect(record.find(secret.toString('hex').slice(1))).toBeUndefined()
})

it('finds a signature by either half, from a record that was written down', () => {
  const signature = randomBytes(64)
  const first = new SecretRecord()
  first.add(signature.toString('hex'), 'a signature')
  const second = new SecretRecord()
  second.read(first.format())
  expect(second.find(signature.subarray(32).toString('hex'))).toContain('a signature')
  expect(first.format()).not.toContain(signature.toString('hex').slice(0, 16))
})
