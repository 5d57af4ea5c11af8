import { circuitBreaker, concurrencyLimit, deadline, peerLimit, rateLimit, retry } from '@aster/interceptors'
import { type Connection, type Interceptor, markUnsent, RpcError, StatusCode } from '@aster/rpc-core'
import { codeOf, collect, numbered } from '@aster/test-services'
import { afterEach, describe, expect, it } from 'vitest'
import { startFlaky as start, stopFlaky } from './flaky-service.ts'

afterEach(stopFlaky)

describe('deadline', () => {
  it('is sent with the call, and enforced on both sides', async () => {
    const { c, watch } = start({ client: [deadline({ defaultMs: 500 })] })
    await expect(c.wait({})).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('wait ended with a deadline')
    await expect(collect(c.endless({}))).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('endless ended')
  })

  it('of a server shortens the deadlines of consumers', async () => {
    const { c, watch } = start({ server: [deadline({ maxMs: 500 })] })
    await expect(c.wait({}, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('wait ended with a deadline')
    await expect(collect(c.endless({}))).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('endless ended')
  })

  it('of a server keeps a handler from taking half of the requests for all', async () => {
    const { c, attempts } = start({ server: [deadline({ maxMs: 500 })] })
    async function* never() {
      yield { count: 1 }
      await new Promise(() => {})
    }
    await expect(c.sum(never())).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    expect(attempts()).toBe(0)
    await expect(c.sum(numbered(3))).resolves.toMatchObject({ count: 3 })
  })
})

describe('retry', () => {
  const soon = (): Interceptor => retry({ baseDelayMs: 1, maxAttempts: 4 })

  it('repeats idempotent calls: unary calls and server streams', async () => {
    const unaryCalls = start({ client: [soon()], failures: 3 })
    await expect(unaryCalls.c.again({ text: 'a' })).resolves.toMatchObject({ text: 'a' })
    expect(unaryCalls.attempts()).toBe(4)
    const streams = start({ client: [soon()], failures: 3 })
    expect(await collect(streams.c.count({ count: 3 }))).toEqual(numbered(3))
    expect(streams.attempts()).toBe(4)
  })

  it('ends after maxAttempts', async () => {
    const { c, attempts } = start({ client: [soon()], failures: 9 })
    await expect(c.again({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE, message: 'not yet' })
    expect(attempts()).toBe(4)
  })

  it('never repeats a client stream', async () => {
    const { c, attempts } = start({ client: [soon()], failures: 1 })
    await expect(c.sum(numbered(3))).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(attempts()).toBe(1)
  })

  it('repeats a call of any method if nothing of it was sent', async () => {
    let refusals = 2
    const connection = (found: Connection): Connection => {
      if (refusals-- > 0) throw markUnsent(new RpcError(StatusCode.UNAVAILABLE, 'no connection'))
      return found
    }
    const { c } = start({ client: [soon()], connection })
    await expect(c.echo({ text: 'a' })).resolves.toMatchObject({ text: 'a' })
  })

  it('ends at the caller’s deadline, and leaves the stream that the caller leaves', async () => {
    const { c, watch } = start({ client: [retry({ baseDelayMs: 600_000, maxDelayMs: 600_000 })], failures: 9 })
    await expect(c.again({}, { timeoutMs: 2_000 })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    for await (const { count } of c.endless({})) if (count === 2) break
    await watch.saw('endless ended')
  })
})

it('circuitBreaker refuses calls while the producer is gone, and lets them through when it is back', async () => {
  let gone = true
  const connection = (found: Connection): Connection => {
    if (gone) throw new RpcError(StatusCode.UNAVAILABLE, 'no connection')
    return found
  }
  const { c } = start({ client: [circuitBreaker({ minCalls: 3, openMs: 2_000 })], connection })
  for (let i = 0; i < 3; i++) await expect(c.echo({})).rejects.toMatchObject({ message: 'no connection' })
  gone = false
  await expect(c.echo({})).rejects.toMatchObject({
    code: StatusCode.UNAVAILABLE,
    message: expect.stringContaining('the circuit of Flaky.echo is open'),
  })
  await expect.poll(() => codeOf(c.echo({}))).toBe('OK')
})

describe('limits', () => {
  it('concurrencyLimit of a server holds a place for a stream until it is left', async () => {
    const { c, watch } = start({ server: [concurrencyLimit({ maxConcurrent: 1 })] })
    const stream = c.endless({})
    await stream.next()
    await expect(c.echo({})).rejects.toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED })
    await stream.return?.()
    await watch.saw('endless ended')
    await expect.poll(() => codeOf(c.echo({}))).toBe('OK')
  })

  it('concurrencyLimit of a client frees the place of a bidi call that is cancelled unread', async () => {
    const { c, watch } = start({ client: [concurrencyLimit({ maxConcurrent: 1 })] })
    {
      await using chat = c.chat()
      await chat.send({ text: 'a' })
      await watch.saw('chat started')
      await expect(c.echo({})).rejects.toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED })
    }
    await watch.saw('chat aborted')
    await expect.poll(() => codeOf(c.echo({}))).toBe('OK')
  })

  it('concurrencyLimit lets calls wait within their deadline', async () => {
    const { c, watch } = start({ client: [concurrencyLimit({ maxConcurrent: 1, queue: 5 })] })
    const controller = new AbortController()
    const first = c.wait({}, { signal: controller.signal })
    await watch.saw('wait started')
    await expect(c.echo({}, { timeoutMs: 30 })).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    const second = c.echo({ text: 'second' })
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    await expect(second).resolves.toMatchObject({ text: 'second' })
  })

  it('rateLimit and peerLimit refuse calls beyond their rate', async () => {
    const rate = { perSecond: 0.001, burst: 2 }
    for (const server of [rateLimit(rate), peerLimit(rate), peerLimit({ maxConcurrent: 1, ...rate })]) {
      const { c } = start({ server: [server] })
      expect([await codeOf(c.echo({})), await codeOf(c.echo({})), await codeOf(c.echo({}))]).toEqual([
        'OK',
        'OK',
        'RESOURCE_EXHAUSTED',
      ])
    }
  })

  it('peerLimit tells peers apart by their id', async () => {
    const limit = peerLimit({ maxConcurrent: 1 })
    const of = (id: string) => start({ server: [limit], serve: { peer: { id, attributes: {} } } })
    const [a, b] = [of('a'), of('b')]
    const stream = a.c.endless({})
    await stream.next()
    expect([await codeOf(a.c.echo({})), await codeOf(b.c.echo({}))]).toEqual(['RESOURCE_EXHAUSTED', 'OK'])
    await stream.return?.()
  })
})
