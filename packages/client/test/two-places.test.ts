// One node key in two programs, over real iroh on loopback.
import { generateKeyPair, parseAddress } from '@aster/identity'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { expect, it, vi } from 'vitest'
import { useLoopback } from './loopback.ts'

const loopback = useLoopback()

it('causes one warning, and none for several connections of one program', async () => {
  const warn = vi.fn()
  const server = await loopback.startEchoServer({
    channels: { bulk: {} },
    logger: { debug() {}, info() {}, warn, error: warn },
  })
  const secretKey = generateKeyPair().secretKey.reveal()
  const open = async () => {
    const transport = await loopback.bind({ secretKey })
    return async (address = server.endpointAddr) => {
      const connection = await transport.connect(parseAddress(address), { alpn: RPC_ALPN })
      // The server has accepted the connection when the stream is answered or refused.
      const stream = await connection.openStream()
      await stream.write(Uint8Array.of(1), { finish: true })
      await stream.read().catch(() => {})
    }
  }
  const first = await open()
  await first()
  await first()
  await first(server.channels['bulk'])
  expect(warn).not.toHaveBeenCalled()
  const second = await open()
  await second()
  await second()
  const twins = warn.mock.calls.filter(([, text]) => /two connections from different addresses/.test(String(text)))
  expect(twins).toHaveLength(1)
  expect(twins[0]?.[0]).toMatchObject({ addresses: [expect.any(String), expect.any(String)] })
})
