// The channels of AsterServer, called by the consumer of Python.
import { text } from 'node:stream/consumers'
import type { Interceptor } from '@aster/server'
import { expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { startPython } from './python-process.ts'

it('Python calls channels by a name for the client and by a name for a service', async () => {
  let calls = 0
  const count: Interceptor = (call, next) => {
    calls += 1
    return next(call)
  }
  await using server = await startOurProducer({ channels: { bulk: { interceptors: [count] } } })
  const { child, stderr } = startPython('channel_consumer.py', [server.address, 'bulk'])
  const output = await text(child.stdout!)
  expect(JSON.parse(output || '{}'), stderr()).toEqual({ by_name: 'hello by_name', by_call: 'hello by_call' })
  expect(calls).toBe(2)
})
