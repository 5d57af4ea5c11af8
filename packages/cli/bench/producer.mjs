// Runs a producer that describes itself. Sends its address to the parent process and ends when that ends.
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
