// Makes typed calls over a transport and a codec that this program brings. The packages of iroh are not needed.
import { defineService, implement, serverStream, t, unary } from '@aster/rpc-core'
import { createClient } from '@aster/rpc-client'
import { serveConnection } from '@aster/rpc-server'
import { dialTcp, listenTcp } from './tcp-transport.ts'
import { TextCodec } from './text-codec.ts'

const Numbers = t.struct('sums/Numbers', { values: t.list(t.float64) })
const Sum = t.struct('sums/Sum', { total: t.float64 })
const Sums = defineService({ name: 'Sums', methods: { add: unary(Numbers, Sum), running: serverStream(Numbers, Sum) } })

const sums = implement(Sums, {
  add: ({ values }) => ({ total: values.reduce((a, b) => a + b, 0) }),
  *running({ values }) {
    let total = 0
    for (const value of values) yield { total: (total += value) }
  },
})

const { port, connection } = await listenTcp()
const served = serveConnection(connection, { services: [sums], codecs: [new TextCodec()] })

const client = createClient(Sums, { connection: dialTcp(port), codec: new TextCodec() })
console.log('1 + 2 + 3 =', (await client.add({ values: [1, 2, 3] })).total)
for await (const { total } of client.running({ values: [1, 2, 3] })) console.log('so far:', total)
await served.close()
