// Clients of one process that a Python producer admits again: a connection for calls is dialled beside each admission.
import { AdmissionDeniedError, AsterClient, AsterConfig } from '@aster/client'
import { generateKeyPair } from '@aster/identity'
import { expect, it } from 'vitest'
import { startProducer } from './python-producer.ts'
import { Interop } from './services.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

it('the second client calls, also if the producer has been restarted and has forgotten the first', async () => {
  using folder = makeTemporaryFolder()
  const producerKey = Buffer.from(generateKeyPair().secretKey.reveal()).toString('hex')
  const own = {
    secretKey: generateKeyPair().secretKey.reveal(),
    relayMode: 'disabled',
    bindAddr: '127.0.0.1:0',
  } as const
  const config = AsterConfig.from(own)
  const first = await startProducer(['--issue', folder.path, '--secret-key', producerKey])
  const { address: endpointAddr, endpointId, rootPubkey = '' } = first
  const udp = Buffer.from(endpointAddr, 'base64').toString().split('\n')
  const bind = udp.find((line) => line.startsWith('127.')) ?? ''
  const connect = (): Promise<AsterClient> =>
    AsterClient.connect({ config, endpointAddr, enrollmentCredentialFile: folder.file('policy.cred.json') })
  const call = async (): Promise<unknown> => {
    await using c = await connect()
    const interop = await c.client(Interop)
    return await interop.say({ text: 'again' })
  }
  // This client keeps the endpoint that all clients share.
  await using _keeper = await connect()
  const expected = { text: 'hello again', count: 0 }
  expect(await call()).toEqual(expected)
  expect(await call()).toEqual(expected)
  await first.stop()

  const again = ['--secret-key', producerKey, '--bind', bind, '--root-pubkey']
  const second = await startProducer([...again, rootPubkey])
  expect(second.endpointId).toBe(endpointId)
  expect(await call()).toEqual(expected)
  await second.stop()

  // The producer has another root key, and forgets the clients: neither way lets a client in.
  await using _third = await startProducer([...again, generateKeyPair().publicKey])
  await expect(call()).rejects.toThrow(AdmissionDeniedError)
})
