// ASTER_ROOT_PUBKEY_FILE names the file of the root key that must have signed the credentials.
import { AsterServer, implement } from '@aster/server'
import { HelloService } from './my-services.ts'

const hello = implement(HelloService, {
  sayHello: ({ name }, { peer }) => ({ message: `Hello, ${name}! You are ${peer.attributes['aster.name']}.` }),
})

const server = new AsterServer({ services: [hello], signals: true })
await server.start()
console.log(`ASTER_ENDPOINT_ADDR=${server.ticket}`)
await server.closed
