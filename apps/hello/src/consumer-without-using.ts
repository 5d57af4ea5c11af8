import { AsterClient } from '@aster/client'
import { HelloService } from './my-services.ts'

const c = await AsterClient.connect()
try {
  const hello = await c.client(HelloService)
  const { message } = await hello.sayHello({ name: 'World' })
  console.log(message)
} finally {
  await c.close()
}
