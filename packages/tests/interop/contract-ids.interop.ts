import { contractId } from '@aster/contract'
import { expect, it } from 'vitest'
import { startProducer } from './python-producer.ts'
import { Counter, Interop, Later } from './services.ts'

it('computes the contract ids that the Python producer publishes', async () => {
  await using producer = await startProducer()
  const published = new Map(producer.services.map((service) => [service.name, service.contract_id]))
  for (const service of [Interop, Counter, Later])
    expect(contractId(service), service.name).toBe(published.get(service.name))
})
