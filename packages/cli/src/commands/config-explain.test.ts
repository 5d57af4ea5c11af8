import { generateKeyPair, formatSecretKey } from '@aster/identity'
import { resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

interface Row {
  readonly field: string
  readonly value?: unknown
  readonly source: string
}

const rowOf = (out: string, field: string): Row | undefined =>
  (JSON.parse(out) as { fields: Row[] }).fields.find((row) => row.field === field)

it('lists every setting with its value and source', async () => {
  const env = { ASTER_RELAY_MODE: 'disabled' }
  const { code, out, err } = await place.run(['config', 'explain'], { env })
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^relayMode +disabled +ASTER_RELAY_MODE$/m)
  expect(out).toMatch(/^endpointAddr +\(required by clients\) +default$/m)
  expect(out).toMatch(/^connectTimeoutMs +10000 +default$/m)
})

it('takes the command line above the identity file above the environment above TOML', async () => {
  await place.json('keygen', 'root')
  await place.json('enroll', 'consumer', '--name', 'a', '--root-key', 'root.key', '--identity', 'id')
  place.write('aster.toml', '[connect]\ntimeout_ms = 1\n[network]\nrelay_mode = "staging"\nbind_addr = "127.0.0.1:0"\n')
  const env = {
    ASTER_RELAY_MODE: 'disabled',
    ASTER_SECRET_KEY: formatSecretKey(generateKeyPair().secretKey),
    ASTER_CONNECT_TIMEOUT_MS: '2',
  }
  const args = ['config', 'explain', '--config', 'aster.toml', '--identity', 'id', '--timeout', '3', '--json']
  const { code, out } = await place.run(args, { env })
  expect(code).toBe(0)
  expect(rowOf(out, 'connectTimeoutMs')).toEqual({
    field: 'connectTimeoutMs',
    value: 3,
    source: 'command line connectTimeoutMs',
  })
  expect(rowOf(out, 'secretKey')).toEqual({ field: 'secretKey', value: '****', source: `${place.path('id')} [node]` })
  expect(rowOf(out, 'enrollmentCredentialFile')).toMatchObject({
    value: '****',
    source: `${place.path('id')} peers[0]`,
  })
  expect(rowOf(out, 'relayMode')).toEqual({ field: 'relayMode', value: 'disabled', source: 'ASTER_RELAY_MODE' })
  expect(rowOf(out, 'bindAddr')).toEqual({
    field: 'bindAddr',
    value: '127.0.0.1:0',
    source: `${place.path('aster.toml')}:5`,
  })
  expect(rowOf(out, 'endpointAddr')).toEqual({ field: 'endpointAddr', source: 'default' })
})

it('names the identity file that is not there with its absolute path', async () => {
  const { out } = await place.run(['config', 'explain'])
  const path = resolve('.aster-identity')
  expect(out).toContain(`(${path}, which is not there)`)
  const { out: json } = await place.run(['config', 'explain', '--json'])
  expect(rowOf(json, 'identityFile')).toEqual({
    field: 'identityFile',
    source: 'default',
    instead: `${path}, which is not there`,
  })
})

it('shows the address that is set', async () => {
  const { publicKey } = generateKeyPair()
  const { out } = await place.run(['config', 'explain', '--json'], { env: { ASTER_ENDPOINT_ADDR: publicKey } })
  expect(rowOf(out, 'endpointAddr')).toEqual({
    field: 'endpointAddr',
    value: [publicKey],
    source: 'ASTER_ENDPOINT_ADDR',
  })
})

it('dims defaults on a terminal', async () => {
  const { out } = await place.run(['config', 'explain'], { env: { ASTER_LOG_LEVEL: 'debug' }, tty: true })
  expect(out).toMatch(/^logLevel +debug/m)
  expect(out).toContain('\u001b[2mlogFormat')
})

it('warns of unknown variables', async () => {
  const { code, err } = await place.run(['config', 'explain'], { env: { ASTER_FAVOURITE_COLOUR: 'blue' } })
  expect([code, err]).toEqual([0, 'warning: "ASTER_FAVOURITE_COLOUR" is not known to Aster, and is ignored\n'])
})

it('prints each mistake on its own line', async () => {
  const { code, out, err } = await place.run(['config', 'explain'], {
    env: { ASTER_RELAY_MODE: 'of', ASTER_BIND_ADDR: 'x' },
  })
  expect([code, out]).toEqual([2, ''])
  expect(err.trimEnd().split('\n')).toEqual([
    expect.stringContaining('aster: relayMode (ASTER_RELAY_MODE): found "of"'),
    expect.stringContaining('aster: bindAddr (ASTER_BIND_ADDR): found "x"'),
  ])
})

it.each([
  [['--config', 'no.toml'], 'aster: --config: there is no file no.toml\n'],
  [['--identity', 'no.id'], 'aster: --identity: there is no file no.id\n'],
  [['--credential', 'no.json'], 'aster: --credential: there is no file no.json\n'],
  [['--identity', 'root.key'], 'aster: --identity: root.key: this is a root key, expected an identity file\n'],
  [['--credential', 'root.key'], 'aster: --credential: root.key: this is a root key, expected the credential'],
  [['--config', 'root.key'], 'aster: --config: root.key: this is a root key, expected an aster.toml\n'],
  [['--identity', 'broken'], 'aster: --identity: broken: found an error in line 1, expected TOML\n'],
  [['--config', 'broken'], 'aster: broken:1: found '],
  [['--peer', 'absent'], 'aster: --peer: found "absent"'],
  [['--root-pubkey', 'xyz'], 'aster: --root-pubkey: found "xyz"'],
  [['--timeout', '0'], '--timeout: expected milliseconds, 1 to 2147483647'],
])('finds the mistake in %j', async (args, problem) => {
  await place.json('keygen', 'root')
  place.write('broken', '[node')
  const { code, err } = await place.run(['config', 'explain', ...args])
  expect([code, err]).toEqual([2, expect.stringContaining(problem)])
})
