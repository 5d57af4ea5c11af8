import { AsterConfig } from '@aster/config'
import { AsterServer, defineService, implement, RpcError, serverStream, StatusCode, t, unary } from '@aster/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }
const Count = t.struct('test/Count', { count: t.int })
const methods = { same: unary(Count, Count), up: serverStream(Count, Count), fail: unary(Count, Count) }
const handlers = {
  same: (count: { count: number }) => count,
  async *up({ count }: { count: number }) {
    for (let i = 0; i < count; i++) yield { count: i }
  },
  fail: () => {
    throw new RpcError(StatusCode.ABORTED, 'no')
  },
}

let servers: readonly AsterServer[]
let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())
beforeAll(async () => {
  const shared = implement(defineService({ name: 'A', methods }), handlers)
  const kept = implement(defineService({ name: 'B', scope: 'session', methods }), () => handlers)
  const config = AsterConfig.fromEnv(LOCAL)
  servers = [
    new AsterServer({
      services: [shared, kept],
      config,
      allowAllConsumers: true,
      health: true,
      reflection: true,
      logger: false,
    }),
    new AsterServer({ services: [kept], config, allowAllConsumers: true, logger: false }),
    new AsterServer({ services: [shared], config, allowAllConsumers: true, logger: false }),
  ]
  for (const server of servers) await server.start()
})
afterAll(async () => {
  for (const server of servers) await server.close()
})

const run = (command: string, server: number, ...args: readonly string[]) =>
  place.run([command, servers[server]?.address ?? '', ...args], { env: LOCAL })

describe('aster ping', () => {
  it.each([
    ['the health service', 0],
    ['a session', 1],
    ['any service', 2],
  ])('measures answers of %s', async (_name, server) => {
    const { code, out, err } = await run('ping', server, '--count', '3', '--interval', '0', '--json')
    expect([code, err]).toEqual([0, ''])
    const found = JSON.parse(out) as Record<string, number>
    expect(found).toMatchObject({ count: 3, failed: 0, endpointId: servers[server]?.endpointId })
    expect(found['minMs']).toBeGreaterThan(0)
    expect(found['maxMs']).toBeGreaterThanOrEqual(found['p50Ms'] ?? 0)
  })

  it('prints each answer for people', async () => {
    const { out } = await run('ping', 0, '--count', '2', '--interval', '0')
    expect(out).toMatch(/^1 [\d.]+ m?s\n2 [\d.]+ m?s\n[^]*answers +2 of 2\n/)
  })
})

describe('aster bench', () => {
  it.each(['A.same', 'A.up', 'B.same'])('counts calls of %s', async (target) => {
    const args = [target, '{"count":3}', '--requests', '50', '--concurrency', '4', '--warmup', '5', '--json']
    const { code, out, err } = await run('bench', 0, ...args)
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ concurrency: 4, failures: {}, latency: { count: 50 } })
  })

  it('draws a histogram, and has a duration', async () => {
    const { out } = await run('bench', 0, 'A.same', '--duration', '0.05', '--warmup', '0')
    expect(out).toMatch(/calls per second +[\d,]+\n/)
    expect(out).toMatch(/≤ [\d.]+ m?s +[\d,]+ +█/)
  })

  it('ends with the status of a call that always fails', async () => {
    const { code, err } = await run('bench', 0, 'A.fail')
    expect([code, err]).toEqual([64 + StatusCode.ABORTED, 'aster: ABORTED: no\n'])
  })
})
