// Interceptors change neither the marks of errors, nor the message of a deadline, nor the outcome of a call whose listener fails.
import { circuitBreaker, deadline, logCalls, retry } from '@aster/interceptors'
import { type Interceptor, isUnsent, type Logger, StatusCode } from '@aster/rpc-core'
import { isReceived } from '@aster/rpc-core/protocol'
import { collect, failure, untilQuiet } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFlaky as start, stopFlaky } from './flaky-service.ts'

const warnings: string[] = []
const note = (warning: Error): void => void warnings.push(warning.message)
beforeEach(() => {
  warnings.length = 0
  process.on('warning', note)
})
afterEach(async () => {
  process.off('warning', note)
  await stopFlaky()
})

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const around: Record<string, readonly Interceptor[]> = {
  none: [],
  retry: [retry({ baseDelayMs: 0 })],
  deadline: [deadline({ maxMs: 60_000 })],
  circuitBreaker: [circuitBreaker({ minCalls: 1_000 })],
  logCalls: [logCalls({ logger })],
}

describe.each(Object.entries(around))('behind %s', (_name, client) => {
  it('an error of a call that was not sent is marked as unsent and as received', async () => {
    const lost = start({ client })
    lost.consumer.drop()
    for (const call of [
      () => lost.c.echo({}),
      () => lost.c.again({}),
      () => collect(lost.c.count({})),
      () => lost.c.sum([{}]),
      () => lost.c.chat().recv(),
    ]) {
      const error = await failure(call())
      expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
      expect([isUnsent(error), isReceived(error)]).toEqual([true, true])
    }
  })

  it('an error of the producer is marked as received', async () => {
    const { c } = start({ client, failures: 100 })
    for (const call of [() => c.again({}), () => collect(c.count({})), () => c.sum([{}])]) {
      const error = await failure(call())
      expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE, message: 'not yet' })
      expect([isUnsent(error), isReceived(error)]).toEqual([false, true])
    }
  })
})

it('the deadline of an interceptor names the thing that the call waited for', async () => {
  // The deadline is not sent to the producer, which might otherwise be the first to report it.
  const untold: Interceptor = (call, next) => next({ ...call, deadline: undefined })
  const { c } = start({ client: [deadline({ defaultMs: 30 }), untold] })
  const error = await failure(c.wait({}))
  expect(error).toMatchObject({
    code: StatusCode.DEADLINE_EXCEEDED,
    message: expect.stringMatching(/complete: the producer did not answer within \d+ ms; allow the call more time/),
  })
  expect(isReceived(error)).toBe(true)
})

describe('a listener that fails', () => {
  const failing = async (): Promise<never> => {
    throw new Error('as a listener may')
  }
  const throwing = (): never => {
    throw new Error('as a listener may')
  }

  it.each([
    ['throws', throwing],
    ['rejects', failing],
  ])('does not change the outcome of a retried call: it %s', async (how, onRetry) => {
    // oxlint-disable-next-line typescript/no-misused-promises -- that is what is tried
    const { c, attempts } = start({ client: [retry({ baseDelayMs: 0, onRetry })], failures: 2 })
    expect(await c.again({ text: how })).toMatchObject({ text: how })
    expect(attempts()).toBe(3)
  })

  it.each([
    ['throws', throwing],
    ['rejects', failing],
  ])('does not change the outcome of a call that opens a circuit: it %s', async (_how, onChange) => {
    // oxlint-disable-next-line typescript/no-misused-promises -- that is what is tried
    const { c } = start({ client: [circuitBreaker({ minCalls: 1, openMs: 60_000, onChange })], failures: 1 })
    expect(await failure(c.again({}))).toMatchObject({ message: 'not yet' })
    expect(await failure(c.again({}))).toMatchObject({
      message: expect.stringContaining('the circuit of Flaky.again is open'),
    })
  })

  it.each([
    ['throws', throwing],
    ['rejects', failing],
  ])('does not change the outcome of a call that is logged: it %s', async (how, info) => {
    // oxlint-disable-next-line typescript/no-misused-promises -- that is what is tried
    const { c } = start({ client: [logCalls({ logger: { ...logger, info } })] })
    expect(await c.echo({ text: how })).toMatchObject({ text: how })
  })

  it('is reported as a warning', async () => {
    const onRetry = (): never => {
      throw new Error('with a text of its own, since each is told once')
    }
    const { c } = start({ client: [retry({ baseDelayMs: 0, onRetry })], failures: 1 })
    await c.again({})
    await untilQuiet()
    expect(warnings).toContain('retry: onRetry failed: with a text of its own, since each is told once')
  })
})
