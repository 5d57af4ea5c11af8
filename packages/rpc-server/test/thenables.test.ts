// Handlers and iterators may return everything that `await` waits for, such as promises of other libraries and realms.
import { runInNewContext } from 'node:vm'
import { StatusCode } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { isStreamed, Pair, patterns, thenable } from './patterns.ts'

const item = { text: 'one', count: 1 }
const never = new Promise<never>(() => {})
const iterable = (next: () => unknown): unknown => ({ [Symbol.asyncIterator]: () => ({ next }) })

/** Makes an object with the value that `await` waits for. */
const promises: Record<string, (value: unknown) => unknown> = {
  'a promise of another library': (value) => thenable((done) => void setImmediate(done, value)),
  'a thenable that calls back at once': (value) => thenable((done) => done(value)),
  'a thenable that calls back with a promise': (value) => thenable((done) => done(Promise.resolve(value))),
  'a thenable that calls back twice': (value) =>
    thenable((done, failed) => {
      done(value)
      done({ text: 'two' })
      failed(new Error('too late'))
    }),
  'a thenable that throws once it has called back': (value) =>
    thenable((done) => {
      done(value)
      throw new Error('too late')
    }),
  'a promise of another realm': (value) => runInNewContext('Promise.resolve(value)', { value }),
}

describe.each(Object.entries(promises))('%s', (_what, later) => {
  it.each(patterns)('is awaited: %s, %s', async (kind, scope) => {
    const pair = new Pair(() => later(isStreamed(kind) ? [item] : item))
    const { responses, status } = await pair.call(kind, scope)
    expect([responses, status?.code ?? StatusCode.OK]).toEqual([[item], StatusCode.OK])
    await pair.close()
  })

  it.each(patterns.filter(([kind]) => isStreamed(kind)))('of next is awaited: %s, %s', async (kind, scope) => {
    const steps = (): unknown => {
      const left = [item, item]
      return iterable(() => later(left.length > 0 ? { done: false, value: left.pop() } : { done: true }))
    }
    const pair = new Pair(steps)
    expect(await pair.call(kind, scope)).toMatchObject({ responses: [item, item], status: { code: StatusCode.OK } })
    await pair.close()
  })

  it.each(patterns.filter(([kind]) => isStreamed(kind)))('as a response is awaited: %s, %s', async (kind, scope) => {
    const pair = new Pair(() => [later(item), later(item)])
    expect(await pair.call(kind, scope)).toMatchObject({ responses: [item, item], status: { code: StatusCode.OK } })
    await pair.close()
  })
})

it.each(patterns.filter(([kind]) => isStreamed(kind)))(
  'a generator of another realm is a stream: %s, %s',
  async (kind, scope) => {
    const generate = runInNewContext('(async function* (item) { yield item; yield item })') as (item: object) => unknown
    const pair = new Pair(() => generate(item))
    expect(await pair.call(kind, scope)).toMatchObject({ responses: [item, item], status: { code: StatusCode.OK } })
    await pair.close()
  },
)

it.each(patterns)('a thenable that never calls back ends with the call: %s, %s', async (kind, scope) => {
  const silent = [
    () => thenable(() => {}),
    () => thenable((done) => done(never)),
    ...(isStreamed(kind) ? [() => iterable(() => thenable((done) => done(never))), () => [never]] : []),
  ]
  let next: () => unknown = () => item
  const pair = new Pair(() => next(), { handlerTimeoutMs: 5 })
  for (next of silent)
    expect(await pair.call(kind, scope)).toMatchObject({
      status: { code: StatusCode.DEADLINE_EXCEEDED, message: expect.stringContaining('handlerTimeoutMs') },
    })
  await pair.close()
})

it.each(patterns.filter(([kind]) => isStreamed(kind)))(
  'a step that is no object fails the call: %s, %s',
  async (kind, scope) => {
    for (const step of [undefined, null, 5, 'done']) {
      const pair = new Pair(() => iterable(() => step), { exposeErrors: true })
      const message = expect.stringMatching(/^the iterator returned .* instead of \{ done, value \}$/)
      expect((await pair.call(kind, scope)).status).toMatchObject({ code: StatusCode.UNKNOWN, message })
      await pair.close()
    }
  },
)

it.each(patterns.filter(([kind]) => isStreamed(kind)))('done may be any true value: %s, %s', async (kind, scope) => {
  const pair = new Pair(() => iterable(() => ({ done: 1 })))
  expect(await pair.call(kind, scope)).toMatchObject({ responses: [], status: { code: StatusCode.OK } })
  await pair.close()
})
