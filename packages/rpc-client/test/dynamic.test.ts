import { JsonCodec } from '@aster/codec-json'
import { createDynamicClient } from '@aster/rpc-client'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'

const Big = t.struct('tests/Big', { value: t.int64 })
const Numbers = defineService({ name: 'Numbers', version: 3, methods: { same: unary(Big, Big) } })

it('needs no AsterClient: any connection and codec for any value will do', async () => {
  const [consumer, producer] = memoryPair()
  serveConnection(producer, { services: [implement(Numbers, { same: (big) => big })], codecs: [new JsonCodec()] })
  const big = createDynamicClient({ name: 'Numbers', version: 3 }, { connection: consumer, codec: new JsonCodec() })
  expect(await big.call<{ value: number }>('same', { value: 5 })).toMatchObject({ value: 5 })
})
