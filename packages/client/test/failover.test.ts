// Several producers that come and go, over memory: the behavior under every policy.
import { AdmissionDeniedError } from '@aster/client'
import { type RpcError, StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { answersOf, ManyProducers } from './many-producers.ts'

let many: ManyProducers
beforeEach(() => void (many = new ManyProducers()))
afterEach(() => many.close())

it('is one producer if two addresses have the same endpoint id', async () => {
  const all = many.make(1)
  const id = all[0]?.endpointId ?? ''
  const { echo } = await many.connect(all, { endpointAddr: [id, id], policy: 'round-robin' })
  await answersOf(echo, 4)
  expect([all[0]?.asked, all[0]?.connected]).toEqual([1, 1])
})

it.each(['pick-first', 'round-robin', 'least-pending'] as const)(
  '%s fails to connect where none admits',
  async (policy) => {
    const all = many.make(2)
    for (const one of all) one.admits = false
    await expect(many.connect(all, { policy })).rejects.toThrow(AdmissionDeniedError)
    await all[0]?.stop()
    await expect(many.connect(all, { policy })).rejects.toThrow(AdmissionDeniedError)
    await all[1]?.stop()
    await expect(many.connect(all, { policy })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
  },
)

it.each(['pick-first', 'round-robin', 'least-pending'] as const)(
  '%s ends every call with a status while producers come and go',
  async (policy) => {
    const all = many.make(3)
    const { echo, admitted, client } = await many.connect(all, { policy })
    if (policy !== 'pick-first') await admitted
    const call = (): Promise<string> =>
      echo.echo({}, { timeoutMs: 60_000 }).then(
        () => 'OK',
        (error: RpcError) => error.codeName,
      )
    const tenCalls = (): Promise<string>[] => Array.from({ length: 10 }, call)
    const during = new Set<string>()
    const after = new Set<string>()
    for (let round = 0; round < 30; round++) {
      const victim = all[round % 3]
      const calls = tenCalls()
      await victim?.stop()
      for (const outcome of await Promise.all(tenCalls())) after.add(outcome)
      for (const outcome of await Promise.all(calls)) during.add(outcome)
      victim?.start()
    }
    expect([...during].filter((outcome) => outcome !== 'OK' && outcome !== 'UNAVAILABLE')).toEqual([])
    expect([...after]).toEqual(['OK'])
    expect(client.state).toBe('connected')
  },
)
