// AsterServer against the consumer of Python.
import { runCli } from '@aster/cli'
import type { AsterServer } from '@aster/server'
import {
  type ConsumerCredential,
  formatCredentialFile,
  formatRootKey,
  generateKeyPair,
  generateNonce,
  signCredential,
} from '@aster/identity'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { runConsumer } from './python-consumer.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'

describe('a Python consumer', () => {
  let server: AsterServer
  beforeAll(async () => {
    server = await startOurProducer()
  })
  afterAll(() => server.close())

  it.each(['auto', 'json', 'proxy'])(
    'in mode %s gets all expected answers',
    async (mode) => {
      const report = await runConsumer(server.address, ['--mode', mode])
      expect(report.failed).toEqual([])
      expect(report.passed).toBeGreaterThan(mode === 'proxy' ? 40 : 90)
    },
    120_000,
  )

  it.each(['endpointAddr', 'address'] as const)('accepts the %s of the server', async (form) => {
    expect(await runConsumer(server[form], ['--only', 'unary/say'])).toMatchObject({ ok: true })
  })
})

describe('a Python consumer with credentials', () => {
  const { publicKey, secretKey } = generateKeyPair()
  let folder: TemporaryFolder
  let server: AsterServer
  beforeAll(async () => {
    folder = makeTemporaryFolder()
    server = await startOurProducer({ rootPubkey: publicKey })
  })
  afterAll(async () => {
    await server.close()
    folder[Symbol.dispose]()
  })

  const unsigned = {
    type: 'policy' as const,
    rootPubkey: publicKey,
    expiresAt: Math.floor(Date.now() / 1000) + 3600,
    attributes: { 'aster.role': 'ops' },
  }
  const written = (name: string, credential: ConsumerCredential): string => {
    const path = folder.file(name)
    writeFileSync(path, formatCredentialFile(credential), { mode: 0o600 })
    return path
  }

  it('is admitted with a credential of `aster enroll consumer`, and denied with a tampered one', async () => {
    const stdout: string[] = []
    const io = {
      stdout: { write: (text: string) => stdout.push(text) },
      stderr: { write: (text: string) => stdout.push(text) },
      env: {},
      cwd: folder.path,
      now: Date.now,
    }
    writeFileSync(folder.file('root.key'), formatRootKey({ publicKey, secretKey }), { mode: 0o600 })
    const enroll = [
      'enroll',
      'consumer',
      '--name',
      'billing',
      '--root-key',
      'root.key',
      '--out',
      'billing.json',
      '--attr',
      'team=blue',
    ]
    expect(await runCli(enroll, io), stdout.join('')).toBe(0)
    const path = folder.file('billing.json')
    expect(await runConsumer(server.address, ['--credential', path, '--only', 'unary/'])).toMatchObject({
      ok: true,
      failed: [],
    })
    const credential = JSON.parse(readFileSync(path, 'utf8')) as { attributes: Record<string, string> }
    credential.attributes['team'] = 'red'
    writeFileSync(path, JSON.stringify(credential))
    expect(await runConsumer(server.address, ['--credential', path, '--only', 'unary/say'])).toMatchObject({
      ok: false,
      exception: expect.stringContaining('AdmissionDeniedError'),
    })
  })

  it('is admitted once with a one-time credential', async () => {
    const path = written('ott.json', signCredential({ ...unsigned, type: 'ott', nonce: generateNonce() }, secretKey))
    expect(await runConsumer(server.address, ['--credential', path, '--only', 'unary/say'])).toMatchObject({ ok: true })
    expect(await runConsumer(server.address, ['--credential', path, '--only', 'unary/say'])).toMatchObject({
      ok: false,
      exception: expect.stringContaining('AdmissionDeniedError'),
    })
  })

  it.each([
    ['tampered with', () => ({ ...signCredential(unsigned, secretKey), attributes: { 'aster.role': 'root' } })],
    ['expired', () => signCredential({ ...unsigned, expiresAt: 1_000_000_000 }, secretKey)],
    [
      'bound to another endpoint',
      () => signCredential({ ...unsigned, endpointId: generateKeyPair().publicKey }, secretKey),
    ],
    [
      'signed by another root key',
      () => {
        const other = generateKeyPair()
        return signCredential({ ...unsigned, rootPubkey: other.publicKey }, other.secretKey)
      },
    ],
  ])('is denied with a credential that is %s', async (name, make) => {
    const path = written(`${name}.json`, make())
    expect(await runConsumer(server.address, ['--credential', path, '--only', 'unary/say'])).toMatchObject({
      ok: false,
      exception: expect.stringContaining('AdmissionDeniedError'),
    })
  })

  it('is denied without a credential', async () => {
    expect(await runConsumer(server.address, ['--only', 'unary/say'])).toMatchObject({
      ok: false,
      exception: expect.stringContaining('AdmissionDeniedError'),
    })
  })
})
