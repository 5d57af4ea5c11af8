// AsterServer against Python's own consumer.
import { AsterConfig, AsterServer } from '@aster/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { counter, interop, later } from './implementation.ts'
import { runConsumer } from './python-consumer.ts'

const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })

describe('a Python consumer', () => {
  let server: AsterServer
  beforeAll(async () => {
    server = new AsterServer({ config, services: [interop, counter, later], allowAllConsumers: true })
    await server.start()
  })
  afterAll(() => server.close())

  it.each(['auto', 'json', 'proxy'])(
    'in mode %s gets every answer that it expects',
    async (mode) => {
      const report = await runConsumer(server.address, ['--mode', mode])
      expect(report.failed).toEqual([])
      expect(report.passed).toBeGreaterThan(mode === 'proxy' ? 40 : 90)
    },
    120_000,
  )

  it.each(['endpointAddr', 'address'] as const)('takes the %s of the server', async (form) => {
    expect(await runConsumer(server[form], ['--only', 'unary/say'])).toMatchObject({ ok: true })
  })
})
