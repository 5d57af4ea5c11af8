import { AsterConfig } from '@aster/config'
import { AsterError, defineService, implement, serverStream, t, unary } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const Item = t.struct('server/Item', { text: t.string })
const methods = { sayHello: unary(Item, Item, { wireName: 'hello' }) }
const later = { ...methods, watch: serverStream(Item, Item) }
const one = defineService({ name: 'Foo', methods })
const two = defineService({ name: 'Foo', version: 2, methods: later })
const services = [
  implement(one, { sayHello: (item) => item }),
  implement(two, { sayHello: (item) => item, watch: (item) => [item] }),
]

const make = (options: Partial<AsterServerOptions>): AsterServer =>
  new AsterServer({
    services,
    config: AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' }),
    allowAllConsumers: true,
    ...options,
  })

it('accepts limits of methods that any version of a service has', () => {
  make({ limits: { services: { Foo: { maxConcurrent: 5, methods: { sayHello: { perSecond: 5 }, watch: {} } } } } })
})

it.each<[Partial<AsterServerOptions>, string]>([
  [{ limits: { services: { Bar: {} } } }, 'limits.services.Bar: expected a service that is served: Foo'],
  [
    { limits: { services: { Foo: { methods: { bar: { timeoutMs: 5 } } } } } },
    'limits.services.Foo.methods.bar: expected a method that is served: sayHello, watch',
  ],
  // The wire name of a method is not accepted.
  [
    { limits: { services: { Foo: { methods: { hello: {} } } } } },
    'limits.services.Foo.methods.hello: expected a method',
  ],
  [
    { limits: { services: { Foo: { methods: { watch: { timeoutMs: 0 } } } } } },
    'limits.services.Foo.methods.watch: timeoutMs: expected a number above 0, found 0',
  ],
  [{ limits: { maxConcurrent: -1 } }, 'limits: maxConcurrent: expected an integer from 1, found -1'],
  [{ maxConcurrentStreams: 0 }, 'maxConcurrentStreams: expected an integer from 1, found 0'],
  [{ maxSessionsPerPeer: 0 }, 'maxSessionsPerPeer: expected an integer from 1, found 0'],
  [{ headerTimeoutMs: 0 }, 'headerTimeoutMs: expected more than 0 milliseconds'],
  [{ frameTimeoutMs: 0 }, 'frameTimeoutMs: expected more than 0 milliseconds'],
  [{ flushTimeoutMs: 0 }, 'flushTimeoutMs: expected more than 0 milliseconds'],
  [{ maxConnections: 0 }, 'maxConnections: expected an integer from 1, found 0'],
  [{ maxConnectionsPerPeer: 1.5 }, 'maxConnectionsPerPeer: expected an integer from 1, found 1.5'],
  [{ connectionIdleTimeoutMs: 0 }, 'connectionIdleTimeoutMs: expected more than 0 milliseconds'],
  [{ sessionIdleTimeoutMs: -1 }, 'sessionIdleTimeoutMs: expected a number of milliseconds from 0, or Infinity'],
  [
    { handlerTimeoutMs: Number.NaN },
    'handlerTimeoutMs: expected a number of milliseconds from 0, or Infinity, found NaN',
  ],
])('refuses %o', (options, message) => {
  expect(() => make(options)).toThrow(AsterError)
  expect(() => make(options)).toThrow(message)
})

it('refuses an invalid grace time, and can be closed afterwards', async () => {
  const server = make({})
  await server.start()
  await expect(server.close({ graceMs: -1 })).rejects.toThrow('graceMs: expected a number of milliseconds from 0')
  expect(server.address).toMatch(/^aster1/)
  await server.close()
})
