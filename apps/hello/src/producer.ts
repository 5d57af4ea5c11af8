import { AsterServer, implement, RpcError, StatusCode } from '@aster/server'
import { HelloService } from './my-services.ts'

const hello = implement(HelloService, {
  async sayHello({ name }) {
    if (name === '') throw new RpcError(StatusCode.INVALID_ARGUMENT, 'a name is needed')
    return { message: `Hello, ${name}!` }
  },
  async *watchPrice({ symbol }) {
    for (const price of [187.2, 187.5, 186.9]) yield { symbol, price }
  },
  async upload(chunks) {
    const result = { chunks: 0, characters: 0 }
    for await (const { data } of chunks) {
      result.chunks += 1
      result.characters += data.length
    }
    return result
  },
  async *chat(messages) {
    for await (const { text } of messages) yield { text: `you said: ${text}` }
  },
})

const server = new AsterServer({ services: [hello], allowAllConsumers: true, signals: true })
await server.start()
console.log(`ASTER_ENDPOINT_ADDR=${server.ticket}`)
await server.closed
