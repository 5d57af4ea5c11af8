import { AsterClient, RpcError } from '@aster/client'
import { HelloService } from './my-services.ts'

await using c = await AsterClient.connect()
for (const s of c.services) console.log(`offered: ${s.name} v${s.version} (${s.pattern})`)
const hello = await c.client(HelloService)

const { message } = await hello.sayHello({ name: 'World' })
console.log(message)

for await (const { symbol, price } of hello.watchPrice({ symbol: 'AAPL' })) console.log(`${symbol} $${price}`)

const sum = await hello.upload(['first', 'second', 'third'].map((data) => ({ data })))
console.log(`uploaded ${sum.chunks} chunks, ${sum.characters} characters`)

await using chat = hello.chat()
await chat.send({ text: 'hi' })
console.log((await chat.recv())?.text)
chat.finish()

try {
  await hello.sayHello({ name: '' })
} catch (error) {
  if (error instanceof RpcError) console.log(`refused: ${error.codeName} - ${error.message}`)
}
