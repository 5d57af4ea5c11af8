// The reflection of AsterServer, over real iroh on loopback.
import { AdmissionDeniedError } from '@aster/client'
import { generateKeyPair } from '@aster/identity'
import { StatusCode } from '@aster/rpc-core'
import { describeServices } from '@aster/description'
import { CounterService, counterService, echoService, EchoService, failure } from '@aster/test-services'
import { expect, it } from 'vitest'
import { useLoopback } from './loopback.ts'

const { connect, startServer } = useLoopback()
const services = () => [echoService(), counterService()]

it('describes a server, whose services are then called with their types', async () => {
  const server = await startServer({ services: services(), allowAllConsumers: true, reflection: true, health: true })
  const c = await connect(server.address)
  const description = await c.describe()
  expect(description.services.map(({ name }) => name)).toEqual(['Echo', 'Counter', 'Health', 'aster.reflection'])
  const wanted = describeServices([EchoService, CounterService], { serializationModes: ['xlang'] })
  expect(description.services.slice(0, 2)).toEqual(wanted.services)
  expect(await c.dynamic('Echo').call('echo', { text: 'a' })).toEqual({ text: 'a', count: 0 })
  expect(await failure(c.dynamic('Echo').call('echo', { text: 1 }))).toMatchObject({
    code: StatusCode.INVALID_ARGUMENT,
    message: expect.stringContaining('text: expected a string'),
  })
  expect(await c.dynamic('Health').call('check', { service: 'Echo' })).toEqual({ status: 'SERVING' })
  await using session = await c.dynamicSession('Counter')
  expect(await session.call('add', { count: 2 })).toEqual({ text: 'total', count: 2 })
})

it('is offered to admitted consumers only', async () => {
  const { publicKey } = generateKeyPair()
  const server = await startServer({ services: services(), rootPubkey: publicKey, reflection: true })
  await expect(connect(server.address)).rejects.toThrow(AdmissionDeniedError)
})
