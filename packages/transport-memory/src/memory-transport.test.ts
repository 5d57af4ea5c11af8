import { transportCompliance } from '@aster/compliance'
import { MemoryNetwork, type MemoryTransport } from './memory-network.ts'
import type { MemoryConnection } from './memory-connection.ts'
import type { MemoryOptions } from './options.ts'

const settings: Record<string, MemoryOptions> = {
  memory: {},
  'memory, in odd pieces': { chunkSize: (available) => Math.ceil(available / 3), highWaterMark: 1000 },
}

for (const [name, options] of Object.entries(settings)) {
  transportCompliance<string>(name, async () => {
    const network = new MemoryNetwork(options)
    const transports: MemoryTransport[] = [network.transport('consumer'), network.transport('producer')]
    network.silence('silent')
    const [consumer, producer] = transports as [MemoryTransport, MemoryTransport]
    return {
      consumer,
      producer,
      nobody: 'silent',
      idOf: (address) => address,
      breakListener: () => producer.breakListener(),
      lose: (connection) => (connection as MemoryConnection).drop(),
      async teardown() {
        for (const transport of transports) await transport.close()
      },
    }
  })
}
