// ASTER_ENDPOINT_ADDR has the address of the producer, ASTER_IDENTITY_FILE the path of the identity file.
import { AdmissionDeniedError, AsterClient } from '@aster/client'
import { HelloService } from './my-services.ts'

try {
  // `peer` selects the consumer's credential from the identity file.
  await using c = await AsterClient.connect({ peer: 'billing-consumer' })
  console.log('Admitted! Services:')
  for (const s of c.services) console.log(`  ${s.name} v${s.version} (${s.pattern})`)
  const hello = await c.client(HelloService)
  const { message } = await hello.sayHello({ name: 'Aster' })
  console.log(`Response: ${message}`)
} catch (error) {
  if (!(error instanceof AdmissionDeniedError)) throw error
  console.error(`Admission denied: ${error.message}`)
  process.exitCode = 1
}
