import { describe, expect, it, vi } from 'vitest'
import { deskFor, dialer, good, service } from '../test/desk.ts'
import { ask } from '../test/handshake.ts'

describe('a request that comes before the producer is ready', () => {
  function early() {
    let resolve = (): void => {}
    const ready = new Promise<void>((settle) => (resolve = settle))
    const services = vi.fn(() => [service])
    const made = deskFor({ ready, services })
    services.mockClear()
    return { ...made, services, resolve }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  it('is answered then, with what is offered then', async () => {
    const { desk, gate, services, resolve } = early()
    const answer = ask(desk, 'alice', good())
    await turn()
    expect(gate.access('alice')).toBeUndefined()
    expect(services).not.toHaveBeenCalled()
    resolve()
    expect(await answer).toContain('"admitted":true')
  })

  it('is not decided if its visit has ended by then', async () => {
    const { desk, gate, events, resolve } = early()
    const { consumer, attended } = dialer(desk)('alice')
    const stream = await consumer.openStream()
    await stream.write(good(), { finish: true })
    await turn()
    desk.close()
    await attended
    resolve()
    await turn()
    expect(gate.access('alice')).toBeUndefined()
    expect(events).toMatchObject([{ decision: 'dropped' }])
  })
})
