// The stacks of errors of connect() contain the line of the program that called it.
import { AsterClient, type AsterClientOptions } from '@aster/client'
import { MemoryNetwork } from '@aster/transport-memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

let network: MemoryNetwork
let producer: LittleProducer
beforeEach(() => {
  network = new MemoryNetwork()
  producer = new LittleProducer(network)
})

interface Case {
  readonly options: AsterClientOptions
  readonly signal?: AbortSignal
  readonly message: RegExp
}

const soon = (): AbortSignal => {
  const controller = new AbortController()
  setImmediate(() => controller.abort(new Error('enough')))
  return controller.signal
}
const cases: Record<string, () => Case> = {
  refused: () => {
    producer.admits = false
    return { options: producer.clientOptions, message: /consumer admission denied/ }
  },
  unreachable: () => {
    const options = producer.clientOptions
    void producer.stop()
    return { options, message: /there is no peer at/ }
  },
  'timed out': () => {
    network.silence(producer.endpointId)
    // The remaining time of the dial.
    return { options: { ...producer.clientOptions, connectTimeoutMs: 20 }, message: /no answer within \d+ ms/ }
  },
  'not answered': () => {
    producer.isSlow = true
    return { options: { ...producer.clientOptions, connectTimeoutMs: 20 }, message: /did not answer the admission/ }
  },
  aborted: () => {
    network.silence(producer.endpointId)
    return { options: producer.clientOptions, signal: soon(), message: /enough/ }
  },
  'aborted with a DOMException': () => {
    network.silence(producer.endpointId)
    const controller = new AbortController()
    setImmediate(() => controller.abort())
    return { options: producer.clientOptions, signal: controller.signal, message: /aborted/ }
  },
  'aborted by a time-out': () => {
    network.silence(producer.endpointId)
    return { options: producer.clientOptions, signal: AbortSignal.timeout(5), message: /timeout/ }
  },
  'aborted before': () => ({
    options: producer.clientOptions,
    signal: AbortSignal.abort(new Error('enough')),
    message: /enough/,
  }),
}

/** Returns the error with which a promise rejects. Throws if the promise resolves. */
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.unreachable('an error is expected'),
    (error: Error) => error,
  )

/** The calling functions. They return before the promise settles, so only the client can know their lines. */
function callStatic(options: AsterClientOptions & { signal?: AbortSignal }): Promise<unknown> {
  return AsterClient.connect(options)
}
function callInstance(client: AsterClient, signal?: AbortSignal): Promise<unknown> {
  return client.connect({ signal })
}
function callAsSecond(client: AsterClient): Promise<unknown> {
  return client.connect()
}
/** Returns the names of the calling functions in the stack of an error. */
const callersIn = ({ stack = '' }: Error): string[] =>
  ['callStatic', 'callInstance', 'callAsSecond'].filter((name) =>
    new RegExp(`at ${name} \\(.*connect-stack\\.test\\.ts:\\d+:\\d+\\)`).test(stack),
  )

describe.each(Object.entries(cases))('an attempt that is %s', (_what, make) => {
  it('names the caller of the static method', async () => {
    const { options, signal, message } = make()
    const error = await errorOf(callStatic({ ...options, ...(signal && { signal }) }))
    expect(error.message).toMatch(message)
    expect(error.stack).toMatch(message)
    expect(callersIn(error)).toEqual(['callStatic'])
  })

  it('names the caller of the method', async () => {
    const { options, signal, message } = make()
    const client = new AsterClient(options)
    const error = await errorOf(callInstance(client, signal))
    expect(error.message).toMatch(message)
    expect(callersIn(error)).toEqual(['callInstance'])
    await client.close()
  })
})

it('names each of those that waited for one attempt', async () => {
  producer.admits = false
  const client = new AsterClient(producer.clientOptions)
  const [first, second] = await Promise.all([errorOf(callInstance(client)), errorOf(callAsSecond(client))])
  expect(callersIn(first)).toContain('callInstance')
  expect(callersIn(second)).toContain('callAsSecond')
  await client.close()
})

it('names the caller when the client is closed meanwhile', async () => {
  network.silence(producer.endpointId)
  const client = new AsterClient(producer.clientOptions)
  const error = errorOf(callInstance(client))
  await client.close()
  expect(callersIn(await error)).toEqual(['callInstance'])
})

it('does not add lines twice to an error that is thrown again, and leaves a frozen error unchanged', async () => {
  const reason = new Error('enough')
  const frozen = Object.freeze(new Error('frozen'))
  for (let i = 0; i < 30; i++) {
    const client = new AsterClient(producer.clientOptions)
    expect(await errorOf(callInstance(client, AbortSignal.abort(reason)))).toBe(reason)
    expect(await errorOf(callInstance(client, AbortSignal.abort(frozen)))).toBe(frozen)
    expect(await client.connect({ signal: AbortSignal.abort('text') }).catch((error: unknown) => error)).toBe('text')
    await client.close()
  }
  expect(reason.stack?.split('\n').length).toBeLessThan(100)
})
