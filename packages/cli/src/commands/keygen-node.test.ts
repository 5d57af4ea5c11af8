import { parseIdentityFile } from '@aster/identity'
import { statSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

const nodeOf = (name: string) => parseIdentityFile(place.read(name)).node?.endpointId

it('makes an identity file for its owner alone, and prints the endpoint id', async () => {
  const { code, out, err } = await place.run(['keygen', 'node'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(nodeOf('.aster-identity'))
  expect(statSync(place.path('.aster-identity')).mode & 0o777).toBe(0o600)
})

it('takes the file of --identity, else of ASTER_IDENTITY_FILE', async () => {
  expect(await place.json('keygen', 'node', '--identity', 'etc/aster/identity')).toEqual({
    identityFile: 'etc/aster/identity',
    endpointId: nodeOf('etc/aster/identity'),
  })
  await place.run(['keygen', 'node'], { env: { ASTER_IDENTITY_FILE: place.path('other') } })
  expect(nodeOf('other')).toMatch(/^[0-9a-f]{64}$/)
})

it('adds the key to a file that has peers only, which it keeps', async () => {
  await place.json('keygen', 'root')
  await place.json('enroll', 'consumer', '--name', 'a', '--root-key', 'root.key')
  place.write('.aster-identity', place.read('.aster-identity').replace(/\[node\][^[]*/, ''))
  const { code, err } = await place.run(['keygen', 'node'])
  expect(code).toBe(0)
  expect(err).toContain("bound to another endpoint id, so of no use with the new key: 'a'")
  expect(parseIdentityFile(place.read('.aster-identity')).peers).toMatchObject([{ name: 'a' }])
})

it('replaces a key with --force alone, and says which credentials it was for', async () => {
  const before = await place.json('keygen', 'node')
  const refused = await place.run(['keygen', 'node'])
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringContaining(`(endpoint id ${String(before['endpointId'])})`),
  ])
  expect(nodeOf('.aster-identity')).toBe(before['endpointId'])

  expect((await place.run(['keygen', 'node', '--force'])).err).toBe('')
  expect(nodeOf('.aster-identity')).not.toBe(before['endpointId'])
})

it('warns that comments are lost', async () => {
  place.write('.aster-identity', '# Holds secrets: readable by its owner only (0600).\n')
  expect((await place.run(['keygen', 'node'])).err).toBe('')
  place.write('other', '# of the billing team\n')
  expect((await place.run(['keygen', 'node', '--identity', 'other'])).err).toBe(
    'warning: other was written anew, without the comments it had\n',
  )
})

it('does not change a file that it cannot read', async () => {
  place.write('.aster-identity', '[node\n')
  const { code, err } = await place.run(['keygen', 'node', '--force'])
  expect([code, err]).toEqual([1, 'aster: .aster-identity identity_file: expected TOML, found an error in line 1\n'])
  expect(place.read('.aster-identity')).toBe('[node\n')
})
