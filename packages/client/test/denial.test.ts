// The message for an operator when a producer refuses, over real iroh on loopback.
import { AsterConfig } from '@aster/client'
import { generateKeyPair, signCredential } from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import { echoService } from '@aster/test-services'
import { expect, it } from 'vitest'
import { local, useLoopback, useTemporaryFolder } from './loopback.ts'

const inFolder = useTemporaryFolder()
const loopback = useLoopback()
const lasting = { type: 'policy', endpointId: undefined, expiresAt: 4_102_444_800, attributes: {} } as const

it('names the credential, the node and the other root of the producer in a denial', async () => {
  const root = generateKeyPair()
  const server = await loopback.startServer({ services: [echoService()], rootPubkey: root.publicKey })
  const [other, node] = [generateKeyPair(), generateKeyPair()]
  const file = inFolder('other.json')
  writeCredentialFile(file, signCredential(lasting, other.secretKey))
  const config = AsterConfig.from({ ...local, secretKey: node.secretKey.reveal() })
  const denied = loopback.connect(server.address, { config, enrollmentCredentialFile: file })
  await expect(denied).rejects.toMatchObject({
    name: 'AdmissionDeniedError',
    hints: [
      `the credential is of another root than the producer: it is signed by root key ${other.publicKey}, and the producer's is ${root.publicKey}`,
      `the credential in ${file} is of root key ${other.publicKey}, and this node is ${node.publicKey}`,
    ],
  })
})
