import { contractId } from '@aster/contract'
import { expect, it } from 'vitest'
import { startProducer } from './python-producer.ts'
import { Counter, Guarded, Interop, Later, Rules, RulesSession } from './services.ts'

it('computes the contract ids that the Python producer publishes', async () => {
  await using producer = await startProducer(['--rules'])
  const published = new Map(producer.services.map((service) => [service.name, service.contract_id]))
  // The id of a service does not hold its access rules.
  for (const service of [Interop, Counter, Later, Guarded, Rules, RulesSession])
    expect(contractId(service), service.name).toBe(published.get(service.name))
})
