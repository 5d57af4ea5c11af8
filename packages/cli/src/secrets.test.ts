import * as fc from 'fast-check'
import { cpSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'

const IID = 'iid-token-0123456789abcdef'
const SECRET_FILES = ['root.key', '.aster-identity', 'ott.json'] as const

/** Returns every secret in the files of a folder: keys, nonces, signatures. */
function secretsIn(text: string): string[] {
  const pattern = /"?(?:private_key|secret_key|nonce|signature)"?\s*[:=]\s*"([^"]+)"/g
  const found = [...text.matchAll(pattern)].map(([, secret = '']) => secret)
  const asBase64 = found
    .filter((secret) => /^[0-9a-f]{64}$/.test(secret))
    .map((secret) => Buffer.from(secret, 'hex').toString('base64'))
  const asHex = found
    .filter((secret) => secret.endsWith('='))
    .map((secret) => Buffer.from(secret, 'base64').toString('hex'))
  return [...found, ...asBase64, ...asHex]
}

/** Asserts that no part of a secret is printed. */
function partsOf(secret: string): string[] {
  return Array.from({ length: secret.length - 15 }, (_, at) => secret.slice(at, at + 16))
}

async function enrolled(): Promise<Workplace> {
  const place = new Workplace()
  await place.json('keygen', 'root')
  const enroll = ['enroll', 'consumer', '--root-key', 'root.key', '--name']
  await place.json(...enroll, 'policy')
  await place.json(...enroll, 'ott', '--ott')
  await place.json(...enroll, 'ott', '--ott', '--out', 'ott.json')
  return place
}

/** Returns variants of a secret file: unchanged, and as an editor or a bad copy may have left it. */
const damage = fc.oneof(
  fc.constant((text: string) => text),
  fc.nat(600).map((at) => (text: string) => text.slice(0, at)),
  fc.nat(600).map((at) => (text: string) => text.slice(at)),
  fc.tuple(fc.nat(600), fc.constantFrom('"', '\n', 'x', '=', '{', '\u001b', '')).map(
    ([at, bit]) =>
      (text: string) =>
        text.slice(0, at) + bit + text.slice(at + 1),
  ),
  fc.constant((text: string) => text.replaceAll('"', '')),
  fc.constant((text: string) => text.replaceAll('_', '-')),
)

const file = fc.constantFrom(...SECRET_FILES, 'damaged', 'root.pub', 'new', '-', 'typed')
const word = fc.constantFrom('a', 'policy', 'ott', '', '30d', '1d', 'k=v', 'x')
const flag = (name: string) => fc.constantFrom([name], [])
const option = (name: string, value: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.constant([]),
    value.map((text) => [name, text]),
  )

const command = fc.oneof(
  fc.tuple(fc.constant(['keygen', 'root']), option('--out', file), flag('--force')),
  fc.tuple(fc.constant(['keygen', 'node']), option('--identity', file), flag('--force')),
  fc.tuple(
    fc.constant(['enroll', 'consumer', '--name']),
    word.map((name) => [name]),
    option('--root-key', file),
    fc.oneof(option('--identity', file), option('--out', file)),
    option('--expires', word),
    option('--attr', word),
    flag('--ott'),
    flag('--force'),
  ),
  fc.tuple(
    fc.constant(['identity', 'show']),
    file.map((name) => [name]),
  ),
  fc.tuple(
    fc.constant(['config', 'explain']),
    option('--config', file),
    option('--identity', file),
    option('--credential', file),
    option('--peer', word),
  ),
)

it('prints no secret, whatever the command and the state of the files', async () => {
  using template = await enrolled()
  const run = fc.tuple(command, flag('--json'), fc.constantFrom(...SECRET_FILES), damage, fc.nat(), fc.boolean())
  await fc.assert(
    fc.asyncProperty(run, async ([parts, json, source, damaged, pick, damagedVariable]) => {
      using place = new Workplace()
      cpSync(template.folder, place.folder, { recursive: true })
      const secrets = SECRET_FILES.flatMap((name) => secretsIn(place.read(name)))
      const typed = secrets[pick % secrets.length] ?? ''
      const [, key = ''] = /secret_key = "(.*)"/.exec(place.read('.aster-identity')) ?? []
      place.write('damaged', damaged(place.read(source)))
      const argv = [...parts.flat(), ...json].map((part) => (part === 'typed' ? typed : part))
      const { code, out, err } = await place.run(argv, {
        stdin: place.read('damaged'),
        env: {
          ASTER_SECRET_KEY: damagedVariable ? damaged(key) : key,
          ASTER_ENROLLMENT_CREDENTIAL_IID: IID,
          ASTER_ROOT_PUBKEY_FILE: place.path('root.key'),
          ASTER_IDENTITY_FILE: place.path('.aster-identity'),
        },
      })
      const made = readdirSync(place.folder).flatMap((name) => secretsIn(place.read(name)))
      const shown = out + err
      for (const part of [IID, ...secrets, ...made].flatMap(partsOf))
        if (shown.includes(part)) expect(`${argv.join(' ')}: ${shown}`).toBe('without secrets')
      expect(err).not.toMatch(/internal error/)
      expect(out === '').toBe(code !== 0)
    }),
    { numRuns: 150 },
  )
}, 180_000)
