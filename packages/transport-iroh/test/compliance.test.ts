import { Endpoint } from '@number0/iroh'
import { transportCompliance } from '@aster/compliance'
import type { NodeAddr } from '@aster/rpc-core'
import { vi } from 'vitest'
import type { BindingName } from '../src/binding.ts'
import { EventKind } from '../src/rings/kinds.ts'
import { RingEndpoint } from '../src/rings/ring-endpoint.ts'
import { bindOver, describePairs } from './bindings.ts'

const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const

describePairs('iroh', (consumerBinding, producerBinding) => {
  transportCompliance<NodeAddr>('iroh', async () => {
    const listen = vi.spyOn(RingEndpoint.prototype, 'listen')
    const [consumer, producer] = await Promise.all([
      bindOver(consumerBinding, LOCAL),
      bindOver(producerBinding, { ...LOCAL, maxStreams: 100 }),
    ])
    const breakNumber0 = async (): Promise<void> => {
      // Takes effect with the accept after the next connection.
      vi.spyOn(Endpoint.prototype, 'acceptNext').mockResolvedValue(null)
      await consumer.connect(producer.localAddress, { alpn: 'aster-compliance/1' })
    }
    const breakNative = (): void => (listen.mock.contexts[0] as RingEndpoint).onEvent(EventKind.ACCEPT_ENDED, 0)
    const breaks: Readonly<Record<BindingName, () => void | Promise<void>>> = {
      number0: breakNumber0,
      native: breakNative,
    }
    return {
      consumer,
      producer,
      // The discard port, on which nothing listens.
      nobody: { endpointId: producer.endpointId, addresses: ['127.0.0.1:9'] },
      idOf: (address) => address.endpointId,
      breakListener: breaks[producerBinding],
      async teardown() {
        vi.restoreAllMocks()
        await Promise.all([consumer.close(), producer.close()])
      },
    }
  })
})
