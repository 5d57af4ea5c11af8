import { AbortScope } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { Interrupt } from './interrupt.ts'

const never = new Promise<never>(() => {})

describe('Interrupt', () => {
  it('returns the outcome of each wait', async () => {
    const interrupt = new Interrupt(new AbortScope())
    expect(await interrupt.wait(Promise.resolve(1))).toBe(1)
    await expect(interrupt.wait(Promise.reject(new Error('wrong')))).rejects.toThrow('wrong')
    expect(await interrupt.wait(Promise.resolve(2))).toBe(2)
  })

  it('ends the wait that is under way with the reason of the signal, and every later one', async () => {
    const scope = new AbortScope()
    const interrupt = new Interrupt(scope)
    const waiting = interrupt.wait(never)
    scope.abort(new Error('over'))
    await expect(waiting).rejects.toThrow('over')
    await expect(interrupt.wait(Promise.resolve(1))).rejects.toThrow('over')
    await expect(interrupt.wait(Promise.reject(new Error('late')))).rejects.toThrow('over')
  })

  it('does not listen once it is stopped', async () => {
    const scope = new AbortScope()
    const interrupt = new Interrupt(scope)
    let settled = false
    void interrupt.wait(never).finally(() => (settled = true))
    interrupt.stop()
    scope.abort(new Error('over'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toBe(false)
  })
})
