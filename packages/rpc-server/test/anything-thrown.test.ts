// If the user's code throws any value at any place, the call ends with a code other than OK, and the process keeps running.
import { type Codec, type Interceptor, type MethodKind, RpcError, StatusCode } from '@aster/rpc-core'
import { RpcStatus } from '@aster/rpc-core/protocol'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allCalls,
  type Answer,
  type Handler,
  isStreamed,
  Pair,
  patterns,
  recordedLog,
  type Scope,
  thenable,
} from './patterns.ts'
import { json } from './raw-frames.ts'

const fail = (thrown: unknown): never => {
  throw thrown
}
const step = { done: false, value: { text: 'one' } }

/** The places at which a handler of streamed responses can throw. */
const inStreams: Record<string, (thrown: unknown) => unknown> = {
  'the first step of a generator': async function* (thrown) {
    yield fail(thrown)
  },
  'a later step of a generator': async function* (thrown) {
    yield step.value
    yield fail(thrown)
  },
  'a step of a synchronous generator': function* (thrown) {
    yield step.value
    yield fail(thrown)
  },
  'the finally of a generator': async function* (thrown) {
    try {
      yield step.value
    } finally {
      fail(thrown)
    }
  },
  'the finally of a generator that fails': async function* (thrown) {
    try {
      yield 'no message'
    } finally {
      fail(thrown)
    }
  },
  'the getter of the iterator': (thrown) => ({
    get [Symbol.asyncIterator]() {
      return fail(thrown)
    },
  }),
  'the making of the iterator': (thrown) => ({ [Symbol.iterator]: () => fail(thrown) }),
  next: (thrown) => ({ [Symbol.asyncIterator]: () => ({ next: () => fail(thrown), return: () => fail(thrown) }) }),
  'a promise of next': (thrown) => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(thrown) }) }),
  'the result of next': (thrown) => ({
    [Symbol.iterator]: () => ({ next: () => ({ done: false, value: Promise.reject(thrown) }) }),
  }),
  'a getter of the result of next': (thrown) => ({
    [Symbol.iterator]: () => ({
      next: () => ({
        get done() {
          return fail(thrown)
        },
      }),
    }),
  }),
  'the getter of return': (thrown) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => ({ done: false, value: 'no message' }),
      get return() {
        return fail(thrown)
      },
    }),
  }),
}

/** The places at which any handler can throw. */
const inHandlers: Record<string, (thrown: unknown) => unknown> = {
  'the handler': fail,
  'the promise of the handler': (thrown) => Promise.reject(thrown),
  'a later turn': async (thrown) => {
    await new Promise((resolve) => setImmediate(resolve))
    fail(thrown)
  },
  'the then of another library': (thrown) => thenable(() => fail(thrown)),
  'a rejection by another library': (thrown) =>
    thenable((_done, failed) => {
      failed(thrown)
      failed(new Error('again'))
    }),
  'a getter of the response': (thrown) => ({
    get text() {
      return fail(thrown)
    },
  }),
}

/** Arbitrary values to throw: anything, and errors whose members are anything or cannot be read. */
const odd = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true }),
  fc.constantFrom<unknown>(Symbol('s'), fail, 'e'.repeat(2 ** 17), '\ud83d', undefined, null, 0, -0, Number.NaN),
)
const members = fc.dictionary(fc.constantFrom('code', 'message', 'details', 'name', 'cause'), odd)
const error = fc
  .tuple(fc.boolean(), odd, odd, members, fc.boolean())
  .map(([isRpcError, code, details, rest, isUnreadable]) => () => {
    const made = isRpcError ? new RpcError(code as number, 'x', { details } as object) : new TypeError('x')
    const get = (): never => fail('unreadable')
    for (const [name, value] of Object.entries(rest))
      Object.defineProperty(made, name, isUnreadable ? { get } : { value })
    return made
  })
const proxy = new Proxy({}, { get: fail, has: fail, getPrototypeOf: fail })
const value = fc.oneof(odd, fc.constant('a proxy')).map((value) => () => (value === 'a proxy' ? proxy : value))
// Made by functions, since fast-check reads the values that it generates.
const anything = fc.oneof(value, error)

const knownCodes: readonly number[] = Object.values(StatusCode)

function expectFailure({ status, end }: Answer): void {
  expect(end).toBe('open')
  expect(knownCodes).toContain(status?.code)
  expect(status?.code).not.toBe(StatusCode.OK)
}

/** Returns the handler that throws `thrown` at a place. */
let handle: (thrown: unknown) => unknown
let thrown: unknown
const handler: Handler = () => handle(thrown)

it.each(allCalls)('%s, %s, %s: for any thrown value, the code is not OK', async (kind, scope, _format, codec) => {
  const places = { ...inHandlers, ...(isStreamed(kind) ? inStreams : {}) }
  const pair = new Pair(handler, { exposeErrors: true })
  await fc.assert(
    fc.asyncProperty(anything, fc.constantFrom(...Object.keys(places)), async (make, place) => {
      thrown = make()
      handle = places[place] ?? fail
      expectFailure(await pair.call(kind, scope, codec))
    }),
    { numRuns: 200 },
  )
  // The connection and the session still work.
  handle = () => (isStreamed(kind) ? [step.value] : step.value)
  expect((await pair.call(kind, scope, codec)).responses).toMatchObject([{ text: 'one' }])
  await pair.close()
})

it.each(patterns)('%s, %s: for any value that an interceptor throws, the code is not OK', async (kind, scope) => {
  const before: Interceptor = () => fail(thrown)
  const behind: Interceptor = async (call, next) => {
    await next(call)
    fail(thrown)
  }
  const impatient: Interceptor = (call, next) => {
    void next(call)
    return fail(thrown)
  }
  for (const interceptor of [before, behind, impatient]) {
    const pair = new Pair(handler, { interceptors: [interceptor] })
    handle = () => (isStreamed(kind) ? [step.value] : step.value)
    await fc.assert(
      fc.asyncProperty(anything, async (make) => {
        thrown = make()
        expectFailure(await pair.call(kind, scope))
      }),
      { numRuns: 30 },
    )
    await pair.close()
  }
})

describe.each<[string, unknown, number, string]>([
  ['an error with the code OK', new RpcError(StatusCode.OK, 'fine'), StatusCode.INTERNAL, 'fine'],
  ['an error without a code', new RpcError(undefined as never, 'odd'), StatusCode.UNKNOWN, 'odd'],
  ['an error with a text for a code', new RpcError('NOT_FOUND' as never, 'odd'), StatusCode.UNKNOWN, 'odd'],
  ['a text of 17 MiB', new RpcError(StatusCode.NOT_FOUND, 'e'.repeat(17 * 2 ** 20)), 5, 'e'.repeat(4_096)],
  ['a detail that is no text', new RpcError(5, 'no such order', { details: { n: 5 } as never }), 5, 'no such order'],
])('%s', (_what, value, code, message) => {
  it.each(allCalls)('arrives from %s, %s, %s', async (kind, scope, _format, codec) => {
    const pair = new Pair(() => fail(value))
    expect((await pair.call(kind, scope, codec)).status).toMatchObject({ code, message })
    await pair.close()
  })
})

/** A codec that fails for statuses. */
function brokenFor(isBroken: (status: RpcStatus) => boolean): Codec {
  return {
    mode: json.mode,
    encode(type, value) {
      if ((type as unknown) === RpcStatus && isBroken(value as unknown as RpcStatus)) throw new Error('broken codec')
      return json.encode(type, value)
    },
    decode: (type, bytes) => json.decode(type, bytes),
  }
}

describe.each(patterns)('a codec that fails for statuses: %s, %s', (kind: MethodKind, scope: Scope) => {
  it('loses the text, but not the code', async () => {
    const codec = brokenFor(({ code, message }) => code !== StatusCode.OK && message !== '')
    const pair = new Pair(() => fail(new RpcError(StatusCode.ABORTED, 'no')), { codecs: [codec] })
    expect((await pair.call(kind, scope, codec)).status).toMatchObject({ code: StatusCode.ABORTED, message: '' })
    await pair.close()
  })

  it('resets the stream, which is logged, if it cannot write any status', async () => {
    const { lines, errors, logger } = recordedLog()
    const codec = brokenFor(() => true)
    const pair = new Pair(() => fail(new RpcError(StatusCode.ABORTED, 'no')), { codecs: [codec], logger })
    expect(await pair.call(kind, scope, json)).toMatchObject({ responses: [], status: undefined, end: 'reset' })
    expect(lines).toContain('error a stream cannot be answered, and is reset')
    expect(errors).toContainEqual(new Error('broken codec'))
    await pair.close()
  })
})

it('a codec that makes no bytes resets the stream', async () => {
  const { lines, logger } = recordedLog()
  const codec: Codec = { ...brokenFor(() => false), encode: () => Object.create(null) as Uint8Array }
  const pair = new Pair(() => step.value, { codecs: [codec], logger })
  expect(await pair.call('unary', 'shared', json)).toMatchObject({ status: undefined, end: 'reset' })
  expect(lines).toContain('error a stream cannot be answered, and is reset')
  await pair.close()
})
