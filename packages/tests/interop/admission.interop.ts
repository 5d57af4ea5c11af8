// AsterClient against a Python producer that demands credentials.
import {
  AdmissionDeniedError,
  AsterClient,
  AsterConfig,
  type AsterClientOptions,
  ProducerIdentityError,
  StatusCode,
} from '@aster/client'
import { formatCredentialFile, generateKeyPair, parseCredential, SecretKey, signCredential } from '@aster/identity'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Interop } from './services.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { config } from './with-python.ts'

describe('a Python producer that demands credentials', () => {
  let folder: TemporaryFolder
  let producer: PythonProducer
  const path = (name: string) => folder.file(name)

  beforeAll(async () => {
    folder = makeTemporaryFolder()
    producer = await startProducer(['--issue', folder.path])
  })
  afterAll(async () => {
    await producer.stop()
    folder[Symbol.dispose]()
  })

  const connect = (options: AsterClientOptions = {}) =>
    AsterClient.connect({ config, endpointAddr: producer.address, ...options })
  const denied = async (options: AsterClientOptions = {}): Promise<AdmissionDeniedError> => {
    const error = await connect(options).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AdmissionDeniedError)
    expect(String(error)).toContain(
      'consumer admission denied — set ASTER_ENROLLMENT_CREDENTIAL to a valid enrollment token',
    )
    return error as AdmissionDeniedError
  }

  it('admits a policy credential, and calls work', async () => {
    await using c = await connect({ enrollmentCredentialFile: path('policy.cred.json') })
    expect(c.attributes).toMatchObject({ 'aster.role': 'ops' })
    const interop = await c.client(Interop)
    expect(await interop.say({ text: 'x' })).toEqual({ text: 'hello x', count: 0 })
  })

  it('admits the consumer of an identity file, with its node key', async () => {
    await using c = await connect({ identityFile: path('consumer.aster-identity'), peer: 'interop' })
    expect(c.endpointId).toBe(producer.issued?.consumer_endpoint_id)
    const explained = c.config.explain().find((row) => row.field === 'rootPubkey')
    expect(explained).toMatchObject({ value: producer.rootPubkey, source: expect.stringContaining('peers[0]') })
  })

  it('denies a consumer without a credential, and the error says so', async () => {
    expect((await denied()).hints).toEqual([
      expect.stringMatching(/^no credential was sent: there is no identity file \/.*\.aster-identity$/),
      expect.stringMatching(/^this node is [0-9a-f]{64}$/),
    ])
  })

  it('denies an expired credential, and the error says when it expired', async () => {
    expect((await denied({ enrollmentCredentialFile: path('expired.cred.json') })).hints.join()).toMatch(
      /expired at \d{4}-/,
    )
  })

  it('denies a credential that is bound to another endpoint', async () => {
    expect((await denied({ enrollmentCredentialFile: path('bound.cred.json') })).hints.join()).toContain(
      'is bound to endpoint id',
    )
  })

  it('denies a tampered credential', async () => {
    const credential = JSON.parse(readFileSync(path('policy.cred.json'), 'utf8')) as {
      attributes: Record<string, string>
    }
    credential.attributes['aster.role'] = 'root'
    writeFileSync(path('tampered.cred.json'), JSON.stringify(credential), { mode: 0o600 })
    expect((await denied({ enrollmentCredentialFile: path('tampered.cred.json') })).hints.join()).toContain(
      'signature of the credential does not hold',
    )
  })

  it('denies a credential that another root key signed', async () => {
    const { secretKey } = generateKeyPair()
    const genuine = parseCredential(readFileSync(path('policy.cred.json'), 'utf8'))
    if (genuine.type !== 'policy') expect.unreachable('a policy credential')
    const { signature: _, ...unsigned } = { ...genuine, rootPubkey: new SecretKey(secretKey.reveal()).publicKey }
    writeFileSync(path('other-root.cred.json'), formatCredentialFile(signCredential(unsigned as never, secretKey)), {
      mode: 0o600,
    })
    await denied({ enrollmentCredentialFile: path('other-root.cred.json') })
  })

  it('accepts a one-time credential once, and the access stays', async () => {
    const { secretKey } = generateKeyPair()
    const own = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0', secretKey: secretKey.reveal() })
    const options = { config: own, enrollmentCredentialFile: path('ott.cred.json') }
    await using c = await connect(options)
    const interop = await c.client(Interop)
    await interop.say({})
    expect((await denied({ enrollmentCredentialFile: path('ott.cred.json') })).hints.join()).toContain('one-time')
    expect(await interop.say({ text: 'still' })).toMatchObject({ text: 'hello still' })
  })

  it('is refused by our client if it has another root key than the expected one', async () => {
    const wrong = generateKeyPair().publicKey
    await expect(connect({ enrollmentCredentialFile: path('policy.cred.json'), rootPubkey: wrong })).rejects.toThrow(
      ProducerIdentityError,
    )
    await expect(connect({ rootPubkey: wrong })).rejects.toThrow(ProducerIdentityError)
  })
})

it('a client reconnects to a restarted producer, and asks for admission again only then', async () => {
  using folder = makeTemporaryFolder()
  const secretKey = Buffer.from(generateKeyPair().secretKey.reveal()).toString('hex')
  const first = await startProducer(['--issue', folder.path, '--secret-key', secretKey])
  const address =
    Buffer.from(first.address, 'base64')
      .toString()
      .split('\n')
      .find((line) => line.startsWith('127.')) ?? ''
  await using c = await AsterClient.connect({
    config,
    endpointAddr: first.address,
    enrollmentCredentialFile: folder.file('policy.cred.json'),
  })
  const interop = await c.client(Interop)
  await interop.say({})
  await first.stop()
  const inBetween = await interop.say({}, { timeoutMs: 200 }).catch((error: unknown) => error)
  expect([StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED]).toContain((inBetween as { code: number }).code)
  await using _second = await startProducer([
    '--root-pubkey',
    first.rootPubkey ?? '',
    '--secret-key',
    secretKey,
    '--bind',
    address,
  ])
  expect(await interop.say({ text: 'again' })).toEqual({ text: 'hello again', count: 0 })
})
