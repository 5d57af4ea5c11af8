import { expect, it } from 'vitest'
import { extendStack, renewStack } from './caller-stack.ts'

const elsewhere = (): Error =>
  Object.assign(new Error('late'), { stack: 'Error: late\n    at timer (elsewhere.js:1:1)' })

/** Throws `error` from a timer to the caller, with the caller in its stack. */
async function throwTo(trace: (error: Error) => void, error: Error): Promise<never> {
  try {
    return await new Promise<never>((_resolve, reject) => setTimeout(reject, 1, error))
  } catch (thrown) {
    trace(thrown as Error)
    throw thrown
  }
}

async function stackAt(caller: () => Promise<never>): Promise<string> {
  return caller().catch((error: Error) => String(error.stack))
}

it('replaces the stack of an error by one with the caller', async () => {
  const stack = await stackAt(async function firstCaller() {
    return await throwTo(renewStack, elsewhere())
  })
  expect(stack).toMatch(/^Error: late\n[^]*firstCaller.*caller-stack\.test/)
  expect(stack).not.toContain('elsewhere.js')
})

it('leaves room for the caller behind many other lines, and restores the limit', async () => {
  const { stackTraceLimit } = Error
  const pass = async (depth: number): Promise<never> =>
    depth === 0 ? await throwTo(renewStack, elsewhere()) : await pass(depth - 1)
  const stack = await stackAt(async function deepCaller() {
    return await pass(stackTraceLimit + 3)
  })
  expect(stack).toContain('deepCaller')
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
})

it('adds each caller once, up to 8, to the stack of an error that ends many calls', async () => {
  const error = elsewhere()
  const first = await stackAt(async function firstCaller() {
    return await throwTo(extendStack, error)
  })
  expect(first).toMatch(/^Error: late\n {4}at timer \(elsewhere\.js:1:1\)\n[^]*firstCaller/)
  const second = await stackAt(async function secondCaller() {
    return await throwTo(extendStack, error)
  })
  expect(second.startsWith(first)).toBe(true)
  expect(second).toContain('secondCaller')
  for (let i = 0; i < 10; i++) {
    const named = { [`caller${i}`]: async () => await throwTo(extendStack, error) }
    await stackAt(named[`caller${i}`] as () => Promise<never>)
  }
  expect(error.stack).toContain('caller5')
  expect(error.stack).not.toContain('caller6')
})

it('throws nothing if the stack of an error cannot be read or written', async () => {
  const frozen = Object.freeze(elsewhere())
  const unreadable = Object.defineProperty(new Error('x'), 'stack', {
    get: () => {
      throw new Error('no stack')
    },
  })
  for (const error of [frozen, unreadable]) {
    for (const trace of [renewStack, extendStack]) {
      await expect(throwTo(trace, error)).rejects.toBe(error)
    }
  }
})
