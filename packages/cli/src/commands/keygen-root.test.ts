import { parseRootKey, parseRootPublicKey } from '@aster/identity'
import { statSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

it('writes root.key for its owner alone and root.pub for all users, and prints the public key', async () => {
  const { code, out, err } = await place.run(['keygen', 'root'])
  const { publicKey } = parseRootKey(place.read('root.key'))
  expect(parseRootPublicKey(place.read('root.pub'))).toBe(publicKey)
  expect(statSync(place.path('root.key')).mode & 0o777).toBe(0o600)
  expect(statSync(place.path('root.pub')).mode & 0o777).toBe(0o644)
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(publicKey)
})

it('makes the folder of --out, which only its owner may enter', async () => {
  expect(await place.json('keygen', 'root', '--out', 'keys/prod.key')).toEqual({
    rootKeyFile: 'keys/prod.key',
    publicKeyFile: 'keys/prod.pub',
    rootPubkey: parseRootKey(place.read('keys/prod.key')).publicKey,
  })
  expect(statSync(place.path('keys')).mode & 0o777).toBe(0o700)
})

it('replaces a key with --force alone', async () => {
  const before = await place.json('keygen', 'root')
  const { code, err } = await place.run(['keygen', 'root'])
  expect([code, err]).toEqual([
    1,
    'aster: root.key is there already and is not replaced; choose another --out, or replace it with --force\n',
  ])
  expect(parseRootKey(place.read('root.key')).publicKey).toBe(before['rootPubkey'])

  const after = await place.json('keygen', 'root', '--force')
  expect(after['rootPubkey']).not.toBe(before['rootPubkey'])
  expect(parseRootPublicKey(place.read('root.pub'))).toBe(after['rootPubkey'])
})

it('does not pair a new key with a public key that is there', async () => {
  place.write('root.pub', 'of another')
  const { code, err } = await place.run(['keygen', 'root'])
  expect(code).toBe(1)
  expect(err).toContain('root.pub is there already')
  expect(() => place.read('root.key')).toThrow('ENOENT')
})

it('says what is wrong with a path', async () => {
  place.write('file', '')
  expect(await place.run(['keygen', 'root', '--out', ''])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--out'),
  })
  const { code, err } = await place.run(['keygen', 'root', '--out', 'file/root.key'])
  expect([code, err]).toEqual([1, expect.stringContaining('cannot make the folder of file/root.key')])
})
