// Opens many clients of one server, which all call at once. Prints the number of their endpoints, and the errors.
import { AsterClient, AsterConfig } from '@aster/client'
import { AsterServer } from '@aster/server'
import { EchoService, echoService } from '@aster/test-services'

const COUNT = 115
/** A compression that is never used, because no message is long enough. */
const unused = (): never => {
  throw new Error('not expected')
}
const compression = { compress: unused, decompress: unused }
const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })

const server = new AsterServer({ services: [echoService()], config, compression, allowAllConsumers: true })
await server.start()

async function useClient(): Promise<AsterClient | string> {
  try {
    const client = await AsterClient.connect({
      endpointAddr: server.address,
      config,
      compression,
      connectTimeoutMs: 60_000,
    })
    const echo = await client.client(EchoService)
    await echo.echo({ text: 'hi' })
    return client
  } catch (error) {
    return String(error)
  }
}

const all = await Promise.all(Array.from({ length: COUNT }, useClient))
const clients = all.filter((one) => one instanceof AsterClient)
const endpoints = new Set(clients.map(({ endpointId }) => endpointId)).size
await Promise.all(clients.map((client) => client.close()))
await server.close()
const failures = all.filter((one) => typeof one === 'string')
process.stdout.write(JSON.stringify({ clients: clients.length, endpoints, failures }), () => process.exit())
