import {
  type ConsumerPeer,
  credentialFindings,
  generateKeyPair,
  parseCredential,
  parseIdentityFile,
  parseRootKey,
  selectPeer,
  verifyCredential,
} from '@aster/identity'
import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOW, Workplace } from '../../test/cli.ts'

let place: Workplace
let rootPubkey: string
beforeEach(async () => {
  place = new Workplace()
  await place.json('keygen', 'root')
  rootPubkey = parseRootKey(place.read('root.key')).publicKey
})
afterEach(() => place[Symbol.dispose]())

const enroll = (...args: readonly string[]) => place.run(['enroll', 'consumer', '--root-key', 'root.key', ...args])
const identityOf = (name = '.aster-identity') => parseIdentityFile(place.read(name))
const credentialOf = (name: string) => parseCredential(place.read(name))

describe('into an identity file', () => {
  it('makes the node key and signs a credential that is bound to it', async () => {
    const { code, out, err } = await enroll('--name', 'billing', '--role', 'ops', '--attr', 'team=blau & grün')
    expect([code, err]).toEqual([0, ''])
    const { node, peers } = identityOf()
    const { credential } = selectPeer(identityOf(), { name: 'billing', role: 'consumer' }) as ConsumerPeer
    expect(peers).toHaveLength(1)
    expect(credential).toMatchObject({
      type: 'policy',
      rootPubkey,
      endpointId: node?.endpointId,
      expiresAt: NOW + 30 * 86_400,
      attributes: { 'aster.role': 'ops', 'aster.name': 'billing', team: 'blau & grün' },
    })
    expect(credentialFindings(credential, { now: NOW * 1000, endpointId: node?.endpointId, rootPubkey })).toEqual([])
    expect(statSync(place.path('.aster-identity')).mode & 0o777).toBe(0o600)
    expect(out).toContain('2026-12-23 00:00 UTC (in 30 days)')
    expect(out).toContain(node?.endpointId)
  })

  it('lists the roles of --capabilities', async () => {
    expect((await enroll('--name', 'ops', '--capabilities', 'ops.logs, ops.admin')).code).toBe(0)
    const { credential } = selectPeer(identityOf(), { name: 'ops', role: 'consumer' }) as ConsumerPeer
    expect(credential.attributes).toEqual({ 'aster.role': 'ops.logs,ops.admin', 'aster.name': 'ops' })
    expect(verifyCredential(credential)).toBe(true)
    const wrong = await enroll('--name', 'x', '--capabilities', 'ops.logs,', '--out', 'x.json')
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--capabilities: expected roles separated')])
  })

  it('keeps the node key and the other peers', async () => {
    const { endpointId } = await place.json('keygen', 'node')
    await enroll('--name', 'a')
    await enroll('--name', 'b', '--ott', '--endpoint-id', String(endpointId))
    expect(identityOf().node?.endpointId).toBe(endpointId)
    expect(identityOf().peers).toMatchObject([
      { name: 'a', credential: { type: 'policy', endpointId } },
      { name: 'b', credential: { type: 'ott', endpointId, nonce: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ])
  })

  it('replaces a consumer of that name with --force alone, in its place', async () => {
    for (const name of ['a', 'b', 'c']) await enroll('--name', name)
    const before = identityOf().peers
    const refused = await enroll('--name', 'a', '--expires', '1d')
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("has a consumer 'a' already")])
    expect(identityOf().peers).toEqual(before)

    await enroll('--name', 'a', '--expires', '1d', '--force')
    expect(identityOf().peers).toMatchObject([
      { name: 'a', credential: { expiresAt: NOW + 86_400 } },
      { name: 'b' },
      { name: 'c' },
    ])
  })

  it('refuses the endpoint id of another node, and says how to enroll that one', async () => {
    const { publicKey } = generateKeyPair()
    const fresh = await enroll('--name', 'a', '--endpoint-id', publicKey)
    expect([fresh.code, fresh.err]).toEqual([
      2,
      expect.stringContaining('has no node key; write a credential file with --out'),
    ])
    await place.json('keygen', 'node')
    const other = await enroll('--name', 'a', '--endpoint-id', publicKey)
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringContaining(`is of endpoint ${identityOf().node?.endpointId}`),
    ])
    expect(identityOf().peers).toEqual([])
  })

  it('names the entry that it would replace', async () => {
    place.write('.aster-identity', `[[peers]]\nname = "once"\nrole = "consumer"\ntype = "ott"\n`)
    const refused = await enroll('--name', 'a')
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('.aster-identity peers[0].nonce')])
    expect((await enroll('--name', 'once', '--force')).code).toBe(0)
  })
})

describe('files that are not what they seem', () => {
  it('behind a symbolic link are written where they are', async () => {
    mkdirSync(place.path('secret'))
    await place.json('keygen', 'node', '--identity', 'secret/id')
    for (const [link, target] of Object.entries({ '.aster-identity': 'id', dangling: 'new', 'cred.json': 'cred' }))
      symlinkSync(`secret/${target}`, place.path(link))
    await enroll('--name', 'a')
    await enroll('--name', 'b', '--identity', 'dangling')
    await enroll('--name', 'c', '--out', 'cred.json')
    expect(identityOf('secret/id').peers).toMatchObject([{ name: 'a' }])
    expect(identityOf('secret/new').peers).toMatchObject([{ name: 'b' }])
    expect(credentialOf('secret/cred').attributes['aster.name']).toBe('c')
    expect(readdirSync(place.path('secret')).toSorted()).toEqual(['cred', 'id', 'new'])
    for (const link of ['.aster-identity', 'dangling', 'cred.json'])
      expect(lstatSync(place.path(link)).isSymbolicLink()).toBe(true)
  })

  it('get the folder that a dangling link leads into', async () => {
    symlinkSync('not/yet/id', place.path('dangling'))
    expect(await enroll('--name', 'a', '--identity', 'dangling')).toMatchObject({ code: 0, err: '' })
    expect(identityOf('not/yet/id').peers).toHaveLength(1)
  })

  it.each([
    [['--identity', 'root.key'], '--identity: root.key: this is a root key, expected an identity file'],
    [['--identity', 'root.pub'], '--identity: root.pub: this is a root public key, expected an identity file'],
    [['--identity', 'cred.json'], '--identity: cred.json: this is a credential, expected an identity file'],
    [['--out', '/dev/null', '--force'], '--out: /dev/null file: expected a place to write, found no regular file'],
    [['--identity', '.'], '--identity: . file: expected a place to write, found a folder'],
    [['--identity', 'root.key/id'], '--identity: cannot make the folder of root.key/id, found a file'],
  ])('are named for %j, and stay', async (args, problem) => {
    await enroll('--name', 'x', '--out', 'cred.json')
    const { code, out, err } = await enroll('--name', 'a', ...args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(`aster: ${problem}`)
    expect(readdirSync(place.folder).toSorted()).toEqual(['cred.json', 'root.key', 'root.pub'])
  })
})

describe('into a credential file', () => {
  it('signs for every holder of the file, or for one endpoint', async () => {
    const { out } = await enroll('--name', 'a', '--out', 'any.json')
    expect(out).toContain('any: whoever has the file is admitted')
    expect(credentialOf('any.json').endpointId).toBeUndefined()

    const { publicKey } = generateKeyPair()
    await enroll('--name', 'a', '--out', 'bound.json', '--endpoint-id', publicKey.toUpperCase())
    expect(credentialOf('bound.json')).toMatchObject({ type: 'policy', rootPubkey, endpointId: publicKey })
    for (const name of ['any.json', 'bound.json']) {
      expect(verifyCredential(credentialOf(name))).toBe(true)
      expect(statSync(place.path(name)).mode & 0o777).toBe(0o600)
    }
    expect(() => identityOf()).toThrow('ENOENT')
  })

  it('says as JSON what was signed, without nonce and signature', async () => {
    const result = await place.json(
      'enroll',
      'consumer',
      '--name',
      'a',
      '--root-key',
      'root.key',
      '--ott',
      '--out',
      'c.json',
    )
    expect(result).toEqual({
      name: 'a',
      type: 'ott',
      file: 'c.json',
      kind: 'credential',
      endpointId: null,
      rootPubkey,
      expiresAt: NOW + 30 * 86_400,
      attributes: { 'aster.role': 'consumer', 'aster.name': 'a' },
    })
    const again = await place.json(
      'enroll',
      'consumer',
      '--name',
      'a',
      '--root-key',
      'root.key',
      '--ott',
      '--out',
      'd.json',
    )
    expect(again).toEqual({ ...result, file: 'd.json' })
    expect(place.read('d.json')).not.toBe(place.read('c.json'))
  })

  it('replaces a file with --force alone', async () => {
    await enroll('--name', 'a', '--out', 'c.json')
    const before = place.read('c.json')
    expect((await enroll('--name', 'b', '--out', 'c.json')).code).toBe(1)
    expect(place.read('c.json')).toBe(before)
    expect((await enroll('--name', 'b', '--out', 'c.json', '--force')).code).toBe(0)
    expect(credentialOf('c.json').attributes['aster.name']).toBe('b')
  })
})

describe('the root key', () => {
  const args = ['enroll', 'consumer', '--name', 'a', '--out', 'c.json']

  it('may come through a pipe', async () => {
    expect((await place.run([...args, '--root-key', '-'], { stdin: place.read('root.key') })).code).toBe(0)
    expect(verifyCredential(credentialOf('c.json'))).toBe(true)
  })

  it('is warned about if others may read it', async () => {
    place.write('root.key', place.read('root.key'), 0o644)
    const { code, err } = await enroll('--name', 'a')
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^warning: .*root\.key can be read by others .* chmod 600 it\n$/),
    ])
  })

  it('is refused if it is not a root key', async () => {
    const { code, err } = await place.run([...args, '--root-key', 'no.key'])
    expect([code, err]).toEqual([
      1,
      'aster: --root-key: there is no root key no.key; make one with aster keygen root --out no.key\n',
    ])
    expect((await place.run([...args, '--root-key', 'root.pub'])).err).toContain(
      'aster: --root-key: root.pub: this is a root public key, expected a root key\n',
    )
    expect((await place.run([...args, '--root-key', '-'], { stdin: 'x' })).err).toContain(
      'stdin root key: expected a JSON object',
    )
    expect((await place.run([...args, '--root-key', '-'])).err).toBe('aster: --root-key: stdin is empty\n')
    const wrong = await place.run([...args, '--root-key', '-'], { stdin: place.read('root.pub') })
    expect(wrong.err).toBe('aster: --root-key: stdin: this is a root public key, expected a root key\n')
  })

  it('may be at the end of a long path, with hex in it', async () => {
    const long = `builds/${'0123abcd'.repeat(5)}/a-folder-with-a-name-that-goes-on/and-on-and-on/key`
    const { err } = await place.run([...args, '--root-key', long])
    expect(err).toContain('there is no root key builds/')
  })

  it('is not taken from the command line, nor repeated', async () => {
    const { private_key: key } = JSON.parse(place.read('root.key')) as { private_key: string }
    for (const typed of [
      key,
      `"${key}"`,
      key.slice(0, 40),
      Buffer.from(key, 'hex').toString('base64'),
      place.read('root.key'),
    ]) {
      const { code, err } = await place.run([...args, '--root-key', typed])
      expect(code).toBe(2)
      expect(err).toContain('found what may be a key itself')
      expect(err).not.toContain(key.slice(0, 16))
    }
  })
})

it.each([
  [['--name', ' '], '--name: expected a name'],
  [['--name', 'a', '--expires', 'soon'], '--expires: expected a duration'],
  [['--name', 'a', '--attr', 'x'], '--attr: expected key=value'],
  [['--name', 'a', '--endpoint-id', 'x'], '--endpoint-id: expected 64 hex digits'],
  [['--name', 'a', '--endpoint-id', `02${'00'.repeat(31)}`], '--endpoint-id: expected 64 hex digits'],
  [
    ['--name', 'a', '--out', 'c.json', '--identity', 'i'],
    '--out: writes a credential file and --identity an identity file',
  ],
  [[], "required option '--name <name>' not specified; see aster enroll consumer --help"],
])('finds the mistake in %j', async (args, problem) => {
  const { code, out, err } = await enroll(...args)
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(problem)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
})
