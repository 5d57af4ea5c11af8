import {
  type Credential,
  formatCredentialFile,
  formatIdentityFile,
  generateKeyPair,
  signCredential,
} from '@aster/identity'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { NOW, Workplace } from '../../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

const root = generateKeyPair()
const node = generateKeyPair()

function policy(
  changes: { endpointId?: string; expiresAt?: number | bigint; attributes?: Record<string, string> } = {},
) {
  const unsigned = { type: 'policy', expiresAt: NOW + 86_400, attributes: { 'aster.role': 'ops' }, ...changes } as const
  return signCredential(unsigned, root.secretKey)
}

function identity(...credentials: readonly ReturnType<typeof policy>[]): string {
  const peers = credentials.map((credential, index) => ({ role: 'consumer', name: `c${index}`, credential }) as const)
  return formatIdentityFile({ node: { secretKey: node.secretKey, endpointId: node.publicKey }, peers })
}

it('shows the node and the peers, without secrets', async () => {
  const credential = policy({ endpointId: node.publicKey })
  place.write('.aster-identity', identity(credential))
  expect(await place.json('identity', 'show')).toEqual({
    file: '.aster-identity',
    kind: 'identity',
    endpointId: node.publicKey,
    peers: [
      {
        name: 'c0',
        role: 'consumer',
        credential: {
          type: 'policy',
          rootPubkey: root.publicKey,
          endpointId: node.publicKey,
          expiresAt: NOW + 86_400,
          attributes: { 'aster.role': 'ops' },
        },
        findings: [],
      },
    ],
  })
  const { code, out, err } = await place.run(['identity', 'show'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(`endpoint id    ${node.publicKey}`)
  expect(out).toMatch(
    /^c0 +consumer +policy +2026-11-24 00:00 UTC \(in 24 hours\) +this one +\w{8}… +ok +aster\.role=ops$/m,
  )
  expect(out).not.toContain(credential.signature)
})

it('lists the reasons to refuse a credential', async () => {
  const other = generateKeyPair().publicKey
  const forged = { ...policy(), expiresAt: NOW + 1 }
  place.write('.aster-identity', identity(policy({ expiresAt: NOW }), policy({ endpointId: other }), forged))
  const { code, out } = await place.run(['identity', 'show'])
  expect(code).toBe(0)
  expect(out).toContain('c0: the credential expired at 2026-11-23T00:00:00.000Z')
  expect(out).toContain(`c1: the credential is bound to endpoint id ${other}, this endpoint is ${node.publicKey}`)
  expect(out).toContain('c2: the signature of the credential does not hold')
  const { peers } = await place.json('identity', 'show')
  expect(peers).toMatchObject([
    { findings: [{ kind: 'expired' }] },
    { findings: [{ kind: 'other-endpoint' }] },
    { findings: [{ kind: 'bad-signature' }] },
  ])
})

it('shows an entry that cannot be used, and why', async () => {
  place.write('.aster-identity', '[[peers]]\nname = "once"\nrole = "consumer"\ntype = "ott"\n')
  const { out } = await place.run(['identity', 'show'])
  expect(out).toContain('endpoint id    none: a new one with each start')
  expect(out).toMatch(/^once +consumer +- .* unusable$/m)
  expect(out).toContain('once: .aster-identity peers[0].nonce: expected 64 hex digits in an ott entry, found nothing')
})

it('shows a file without peers', async () => {
  place.write('.aster-identity', identity())
  expect((await place.run(['identity', 'show'])).out).toMatch(/peers +none\n$/)
})

it('shows a credential file', async () => {
  place.write('c.json', formatCredentialFile(policy({ attributes: { 'aster.name': 'billing' } })))
  const { out } = await place.run(['identity', 'show', 'c.json'])
  expect(out).toMatch(/^credential file +c\.json$/m)
  expect(out).toMatch(/^billing +consumer +policy +.* any +\w{8}… +ok/m)
})

it.each([
  ['an identity file', () => identity(policy())],
  ['a credential', () => formatCredentialFile(policy())],
])('reads %s through a pipe', async (_kind, text) => {
  const { code, out } = await place.run(['identity', 'show', '-'], { stdin: text() })
  expect(code).toBe(0)
  expect(out).toMatch(/file +stdin$/m)
})

it('writes no control character of a name to the terminal, and keeps great numbers', async () => {
  const credential = policy({ expiresAt: 2n ** 64n - 1n, attributes: { 'x\u001b[31m': 'a\nb' } })
  place.write('.aster-identity', identity(credential))
  const { out } = await place.run(['identity', 'show'])
  expect(out).toContain('x\\u{1b}[31m=a\\u{a}b')
  expect(out).toContain('after the year 9999')
  expect(JSON.stringify(await place.json('identity', 'show'))).toContain('"18446744073709551615"')
})

it('has colours on a terminal', async () => {
  place.write('.aster-identity', identity(policy()))
  expect((await place.run(['identity', 'show'], { tty: true })).out).toContain('\u001b[32mok\u001b[39m')
  expect((await place.run(['identity', 'show'], { tty: true, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b')
  expect((await place.run(['identity', 'show', '--json'], { tty: true })).out).not.toContain('\u001b')
})

it('warns of a file that others may read', async () => {
  place.write('.aster-identity', identity(), 0o644)
  const { code, err } = await place.run(['identity', 'show'])
  expect([code, err]).toEqual([0, expect.stringMatching(/^warning: .*\.aster-identity can be read by others/)])
})

it.each([
  ['root.key', 'a root key'],
  ['root.pub', 'a root public key'],
])('names %s, which is no file of a node', async (name, kind) => {
  await place.json('keygen', 'root')
  const expected = `this is ${kind}, expected an identity file or a credential\n`
  expect((await place.run(['identity', 'show', name])).err).toBe(`aster: file: ${name}: ${expected}`)
  const piped = await place.run(['identity', 'show', '-'], { stdin: place.read(name) })
  expect([piped.code, piped.err]).toEqual([1, `aster: file: stdin: ${expected}`])
})

it('says that nothing came through a pipe', async () => {
  expect(await place.run(['identity', 'show', '-'])).toEqual({ code: 1, out: '', err: 'aster: file: stdin is empty\n' })
})

const producer: Credential = signCredential(
  { type: 'producer', endpointId: node.publicKey, expiresAt: NOW + 60, attributes: {} },
  root.secretKey,
)

it.each([
  [
    'it does not exist',
    undefined,
    'there is no file .aster-identity; aster keygen node or aster enroll consumer makes',
  ],
  ['it is not TOML', '[node', '.aster-identity identity_file: expected TOML, found an error in line 1'],
  ['it is not a credential', '{"type":"policy"}', '.aster-identity root_pubkey: expected 64 hex digits, found nothing'],
  ['it is a producer’s', formatCredentialFile(producer), 'found that of a producer'],
  [
    'the keys disagree',
    identity().replace(node.publicKey, root.publicKey),
    `node.endpoint_id: expected ${node.publicKey}`,
  ],
])('says so where %s', async (_case, text, problem) => {
  if (text !== undefined) place.write('.aster-identity', text)
  const { code, out, err } = await place.run(['identity', 'show'])
  expect([code, out]).toEqual([1, ''])
  expect(err).toContain(problem)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
})
