import { beforeEach, describe, expect, it } from 'vitest'
import { forward, RELAY_URL, startRelay } from './network.ts'
import { report, startConsumer, startProducer } from './programs.ts'

describe('the address right after start()', () => {
  beforeEach(async () => void (await startRelay()))

  it.each(['ticket', 'endpointTicket', 'endpointAddr'] as const)('reaches the producer as its %s', async (form) => {
    const info = await startProducer().start()
    expect(info.relayUrl).toBe(RELAY_URL)
    expect(info.events).toEqual([{ channel: 'rpc', relayUrl: RELAY_URL }])
    const consumer = startConsumer()
    const { ms, paths } = await consumer.connect(info[form])
    expect(paths.map(({ kind }) => kind)).toContain('relay')
    expect(paths.map(({ kind }) => kind)).not.toContain('direct')
    report(form, { startMs: info.ms, connectAndCallMs: ms, rttMs: paths[0]?.rttMs })
    expect(await consumer.text(8 << 20)).toBe(8 << 20)
  })

  it('as `address` needs a direct path, since that form has no room for the relay', async () => {
    const { address } = await startProducer().start()
    await expect(startConsumer().connect(address, 2_000)).rejects.toThrow()
    forward(true)
    const { paths } = await startConsumer().connect(address)
    expect(paths[0]?.kind).toBe('direct')
  })
})
