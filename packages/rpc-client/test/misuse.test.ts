// Calls with options of the wrong kind, and streams with more than one reader.
import { ForyCodec } from '@aster/codec-fory'
import { type Client, createClient } from '@aster/rpc-client'
import { StatusCode } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { collect, EchoService, echoService } from '@aster/test-services'

let client: Client<typeof EchoService>
beforeEach(() => {
  const [connection, peer] = memoryPair()
  serveConnection(peer, { services: [echoService()], codecs: [new ForyCodec()] })
  client = createClient(EchoService, { connection, codec: new ForyCodec() })
})

describe('a call', () => {
  it.each([
    ['signal', {}],
    ['signal', null],
    ['metadata', new Map([['k', 'v']])],
    ['metadata', ['v']],
    ['metadata', null],
  ])('refuses an option %s of the wrong kind: %o', async (name, value) => {
    const refused = {
      code: StatusCode.INVALID_ARGUMENT,
      message: expect.stringMatching(new RegExp(`^${name}: expected an? .*, found `)),
    }
    await expect(client.echo({}, { [name]: value })).rejects.toMatchObject(refused)
    expect(() => client.chat({ [name]: value })).toThrow(expect.objectContaining(refused))
  })

  it('returns a response of its own to each of several readers of a stream, in order', async () => {
    const stream = client.countUp({ count: 4 })
    const steps = await Promise.all(Array.from({ length: 6 }, () => stream.next()))
    expect(steps.map((step) => step.value?.count)).toEqual([0, 1, 2, 3, undefined, undefined])
  })

  it('rejects a second reader of a bidi call, and takes nothing from the first', async () => {
    await using chat = client.chat()
    const first = chat.recv()
    await expect(collect(chat)).rejects.toMatchObject({ code: StatusCode.FAILED_PRECONDITION })
    await chat.send({ text: 'a' })
    expect(await first).toMatchObject({ text: expect.stringContaining('a') })
  })
})
