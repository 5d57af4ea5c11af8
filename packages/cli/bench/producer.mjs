// A producer that describes itself; tells its parent the address, and ends with it.
import { AsterServer, implement } from '@aster/server'
import { Bench, config } from './service.mjs'

const server = new AsterServer({
  services: [implement(Bench, { echo: ({ text, count }) => ({ text, count }) })],
  config,
  allowAllConsumers: true,
  reflection: true,
  logger: false,
})
await server.start()
process.send(server.address)
process.on('disconnect', () => void server.close())
