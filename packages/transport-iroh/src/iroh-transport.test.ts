import { transportCompliance } from '@aster/compliance'
import type { NodeAddr } from '@aster/rpc-core'
import { IrohTransport } from './iroh-transport.ts'

const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const

transportCompliance<NodeAddr>('iroh', async () => {
  const [consumer, producer] = await Promise.all([
    IrohTransport.bind(LOCAL),
    IrohTransport.bind({ ...LOCAL, maxStreams: 100 }),
  ])
  return {
    consumer,
    producer,
    // The discard port: nothing listens there.
    nobody: { endpointId: producer.endpointId, addresses: ['127.0.0.1:9'] },
    idOf: (address) => address.endpointId,
    async teardown() {
      await Promise.all([consumer.close(), producer.close()])
    },
  }
})
