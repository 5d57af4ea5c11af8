// Several clients of one process with one endpoint, over real iroh on loopback.
import { AsterClient, type AsterClientOptions, AsterConfig } from '@aster/client'
import { generateKeyPair, generateNonce, signCredential, formatTicket } from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import type { Interceptor } from '@aster/rpc-core'
import type { AsterServer } from '@aster/server'
import { EchoService } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sharedEndpoints } from '../src/endpoint.ts'
import { local, useLoopback, useTemporaryFolder } from './loopback.ts'

// Registered first, so that it runs after the clients of the test have been closed.
afterEach(() => expect.poll(sharedEndpoints).toBe(0))

const { bind, closeLater, connect, startEchoServer: startServer } = useLoopback()
const inFolder = useTemporaryFolder()
const root = generateKeyPair()

let server: AsterServer
beforeEach(async () => void (server = await startServer()))

const echo = async (client: AsterClient): Promise<string> =>
  (await (await client.client(EchoService)).echo({ text: 'hi' })).text
const ids = (clients: readonly AsterClient[]): number => new Set(clients.map(({ endpointId }) => endpointId)).size

describe('clients with the same settings', () => {
  it('have one endpoint, which the last of them closes', async () => {
    const [first, second] = [await connect(server.address), await connect(server.address)]
    const id = first.endpointId
    expect(second.endpointId).toBe(id)
    expect([await echo(first), await echo(second)]).toEqual(['hi', 'hi'])
    await first.close()
    expect(await echo(second)).toBe('hi')
    await expect(first.client(EchoService)).rejects.toThrow('the client is closed')
    const third = await connect(server.address)
    expect(third.endpointId).toBe(id)
    await Promise.all([second.close(), second.close(), third.close()])
    expect(sharedEndpoints()).toBe(0)
    expect((await connect(server.address)).endpointId).not.toBe(id)
  })

  it('may call different producers', async () => {
    const other = await startServer()
    const [first, second] = [await connect(server.address), await connect(other.address)]
    expect(ids([first, second])).toBe(1)
    expect([await echo(first), await echo(second)]).toEqual(['hi', 'hi'])
  })

  it('have one endpoint if they connect at once, and if others close meanwhile', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => connect(server.address)))
    expect([ids(clients), sharedEndpoints()]).toEqual([1, 1])
    const [left, stay] = [clients.slice(0, 6), clients.slice(6)]
    const more = await Promise.all([
      ...Array.from({ length: 6 }, () => connect(server.address)),
      ...left.map((client) => client.close().then(() => undefined)),
    ])
    const all = [...stay, ...more.filter((one) => one !== undefined)]
    expect([ids(all), sharedEndpoints()]).toEqual([1, 1])
    expect(new Set(await Promise.all(all.map(echo)))).toEqual(new Set(['hi']))
  })

  it('can connect while the last one closes', async () => {
    for (let turns = 0; turns < 10; turns++) {
      const first = await connect(server.address)
      const closing = first.close()
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const second = await connect(server.address)
      expect(await echo(second)).toBe('hi')
      await Promise.all([closing, second.close()])
      expect(sharedEndpoints()).toBe(0)
    }
  })

  it('wait for the port and the key of an endpoint that closes', async () => {
    const bindAddr = (await bind()).localAddress.addresses.find((one) => one.startsWith('127.')) ?? ''
    const { secretKey, publicKey } = generateKeyPair()
    // The port is free when that endpoint has closed. Its number is the next one.
    const port = bindAddr.replace(/\d+$/, (text) => `${(Number(text) % 60_000) + 5_000}`)
    const config = AsterConfig.from({ ...local, bindAddr: port, secretKey: secretKey.reveal() })
    for (let round = 0; round < 3; round++) {
      const client = await connect(server.address, { config })
      expect([client.endpointId, await echo(client)]).toEqual([publicKey, 'hi'])
      void client.close()
    }
  })

  it('are admitted once each, with the same attributes, whichever of them is closed', async () => {
    const seen: (string | undefined)[] = []
    const note: Interceptor = (call, next) => {
      seen.push(call.peer.attributes['aster.role'])
      return next(call)
    }
    const strict = await startServer({ allowAllConsumers: false, rootPubkey: root.publicKey, interceptors: [note] })
    const file = (role: string, name: string): AsterClientOptions => {
      const attributes = { 'aster.role': role }
      const fields = { type: 'policy', endpointId: undefined, expiresAt: 4_102_444_800, attributes } as const
      writeCredentialFile(inFolder(name), signCredential(fields, root.secretKey))
      return { enrollmentCredentialFile: inFolder(name) }
    }
    const reader = file('reader', 'reader.json')
    const readers = [await connect(strict.address, reader), await connect(strict.address, reader)] as const
    const writer = await connect(strict.address, file('writer', 'writer.json'))
    expect([ids(readers), ids([...readers, writer])]).toEqual([1, 2])
    await echo(readers[0])
    await echo(writer)
    await readers[0].close()
    await echo(readers[1])
    expect(seen).toEqual(['reader', 'writer', 'reader'])
  })
})

describe('clients with other settings', () => {
  const options: Record<string, AsterClientOptions> = {
    'shareEndpoint: false': { shareEndpoint: false },
    'another node key': { config: AsterConfig.from({ ...local, secretKey: generateKeyPair().secretKey.reveal() }) },
    'another deadPeerMs': { deadPeerMs: 5_000 },
    'no limit of silence': { deadPeerMs: Infinity },
    'another relay': { config: AsterConfig.from({ ...local, relayMode: 'https://relay.invalid' }) },
    'another address': { config: AsterConfig.from({ ...local, bindAddr: '[::1]:0' }) },
    'an identity document': { config: AsterConfig.from({ ...local, enrollmentCredentialIid: 'a document' }) },
  }

  it.each(Object.entries(options))('have endpoints of their own: %s', async (_what, own) => {
    const clients = [await connect(server.address), await connect(server.address, own)]
    expect(ids(clients)).toBe(2)
    expect(await Promise.all(clients.map(echo))).toEqual(['hi', 'hi'])
  })

  it('have one each with shareEndpoint: false', async () => {
    const own = { shareEndpoint: false }
    const clients = [await connect(server.address, own), await connect(server.address, own)] as const
    expect([ids(clients), sharedEndpoints()]).toEqual([2, 0])
    await clients[0].close()
    expect(await echo(clients[1])).toBe('hi')
  })

  it('use a transport of the user', async () => {
    const transport = await bind()
    const clients = [await connect(server.address, { transport }), await connect(server.address, { transport })]
    expect([ids(clients), sharedEndpoints()]).toEqual([1, 0])
    await Promise.all(clients.map((client) => client.close()))
    const again = await connect(server.address, { transport })
    expect(await echo(again)).toBe('hi')
  })

  it('are not servers, even with the same key', async () => {
    const { secretKey } = generateKeyPair()
    const config = AsterConfig.from({ ...local, secretKey: secretKey.reveal() })
    await startServer({ config })
    expect(sharedEndpoints()).toBe(0)
  })
})

describe('a client that does not get in', () => {
  const nobody = formatTicket({ endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:9'] })
  const impatient = { connectTimeoutMs: 200 }

  it('closes the endpoint if no other client uses it', async () => {
    await expect(connect(nobody, impatient)).rejects.toThrow('cannot reach')
    await expect.poll(sharedEndpoints).toBe(0)
    const client = closeLater(new AsterClient({ config: AsterConfig.from(local), endpointAddr: nobody, ...impatient }))
    for (let i = 0; i < 2; i++) await expect(client.connect()).rejects.toThrow('cannot reach')
    await expect.poll(sharedEndpoints).toBe(0)
  })

  it('leaves the endpoint to the others', async () => {
    const client = await connect(server.address)
    await expect(connect(nobody, impatient)).rejects.toThrow('cannot reach')
    const abort = AbortSignal.abort(new Error('enough'))
    await expect(connect(server.address, { signal: abort })).rejects.toThrow('enough')
    expect([await echo(client), sharedEndpoints()]).toEqual(['hi', 1])
  })

  it('because of the socket does not affect later ones', async () => {
    const taken = await bind()
    const bindAddr = taken.localAddress.addresses.find((one) => one.startsWith('127.')) ?? ''
    const config = AsterConfig.from({ ...local, bindAddr })
    for (const outcome of await Promise.allSettled([1, 2].map(() => connect(server.address, { config })))) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining(bindAddr) } })
    }
    expect(sharedEndpoints()).toBe(0)
    await taken.close()
    expect(await echo(await connect(server.address, { config }))).toBe('hi')
  })

  it('because its one-time credential is used does not disturb the one that used it', async () => {
    const strict = await startServer({ allowAllConsumers: false, rootPubkey: root.publicKey })
    const fields = { type: 'ott', endpointId: undefined, expiresAt: 4_102_444_800, attributes: {} } as const
    writeCredentialFile(inFolder('ott.json'), signCredential({ ...fields, nonce: generateNonce() }, root.secretKey))
    const ott = { enrollmentCredentialFile: inFolder('ott.json') }
    const first = await connect(strict.address, ott)
    // A producer may or may not take the credential again from the endpoint that used it.
    const second = await connect(strict.address, ott).catch((error: Error) => error.name)
    if (second instanceof AsterClient) expect(second.endpointId).toBe(first.endpointId)
    else expect(second).toBe('AdmissionDeniedError')
    if (second instanceof AsterClient) await second.close()
    expect(await echo(first)).toBe('hi')
  })
})
