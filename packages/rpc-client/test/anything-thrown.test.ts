// If the user's code throws any value, or aborts with it, the call ends with an RpcError whose code is not OK, and nothing escapes.
import { JsonCodec } from '@aster/codec-json'
import { type Client, type ClientOptions, createClient, openSession } from '@aster/rpc-client'
import { type CallOptions, type Codec, type Connection, type Interceptor, RpcError } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { collect, Held, HeldSession, Hold, untilQuiet } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

type Calls = Client<typeof Held>

const escaped: unknown[] = []
const note = (error: unknown): void => void escaped.push(error)
beforeEach(() => {
  escaped.length = 0
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
})

function throwing(): never {
  throw new Error('a getter that throws')
}

/** Errors whose members are odd, or cannot be read or written. */
const oddErrors: Record<string, () => unknown> = {
  'an error whose message cannot be read': () => Object.defineProperty(new Error('x'), 'message', { get: throwing }),
  'an error whose name cannot be read': () => Object.defineProperty(new Error('x'), 'name', { get: throwing }),
  'an error whose stack cannot be read': () => Object.defineProperty(new Error('x'), 'stack', { get: throwing }),
  'a call error whose code cannot be read': () =>
    Object.defineProperty(new RpcError(5, 'x'), 'code', { get: throwing }),
  'a call error whose message cannot be read': () =>
    Object.defineProperty(new RpcError(5, 'x'), 'message', { get: throwing }),
  'a frozen call error': () => Object.freeze(new RpcError(5, 'x')),
  'a frozen error': () => Object.freeze(new Error('x')),
  'a proxy of a call error': () => new Proxy(new RpcError(5, 'x'), { get: throwing }),
  'a proxy that refuses everything': () =>
    new Proxy(new RpcError(5, 'x'), { defineProperty: throwing, isExtensible: throwing, get: throwing }),
  'a proxy that was revoked': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'an object without a prototype': () => Object.create(null),
  'an object that cannot become a string': () => ({ toString: throwing, [Symbol.toPrimitive]: throwing }),
  'a time-out': () => new DOMException('late', 'TimeoutError'),
  'an abort': () => new DOMException('enough', 'AbortError'),
  // oxlint-disable-next-line unicorn/no-thenable -- it is thrown, and must not be awaited
  'a thenable': () => ({ then: throwing }),
  'a function': () => throwing,
  'a huge message': () => new Error('x'.repeat(2 ** 20)),
}

const thrownArbitrary = fc.oneof(
  fc.constantFrom(...Object.keys(oddErrors)).map((name) => ({ name, make: oddErrors[name] as () => unknown })),
  fc.anything().map((value) => ({ name: 'anything', make: () => value })),
  fc
    .record({
      code: fc.oneof(fc.constantFrom(0, -1, 1.5, NaN, Infinity, 77, '5', undefined, null), fc.integer()),
      details: fc.anything(),
    })
    .map(({ code, details }) => ({
      name: `a call error with the code ${String(code)}`,
      make: () => new RpcError(code as never, 'odd', { details: details as never }),
    })),
)

/** The objects that the user's code works with. */
interface Stage {
  readonly connection: Connection
  readonly codec: Codec
}
type Thrower = () => unknown

interface Place {
  /** Options of a client in which something throws. */
  client?(thrower: Thrower, stage: Stage): Partial<ClientOptions>
  /** Options of a call in which something throws. */
  call?(thrower: Thrower): CallOptions
  /** The requests of a stream. */
  requests?(thrower: Thrower): Iterable<object> | AsyncIterable<object>
  /** Is called while the call waits for its answer. */
  later?(controller: AbortController, make: () => unknown): void
  /** The patterns that have this place. @default all */
  readonly patterns?: readonly string[]
}

const streams = ['server stream', 'bidi stream']
const rejecting = (thrower: Thrower) => async (): Promise<never> => thrower() as never

/** Returns a codec with one function that fails for the messages of a call, but not for headers and statuses. */
function codecWith(codec: Codec, name: 'encode' | 'decode', thrower: Thrower): Codec {
  return {
    mode: codec.mode,
    encode: (type, value) =>
      name === 'encode' && type === (Held.methods.unary.request as never)
        ? (thrower() as never)
        : codec.encode(type, value),
    decode: (type, bytes) =>
      name === 'decode' && type === (Held.methods.unary.response as never)
        ? (thrower() as never)
        : codec.decode(type, bytes),
  }
}

/** Responses of an interceptor that fail at the first step. */
const responsesThat = (next: () => unknown): Interceptor => {
  const iterator = { next: () => next() }
  return async () => ({ [Symbol.asyncIterator]: () => iterator })
}

const places: Record<string, Place> = {
  'an interceptor throws': { client: (thrower) => ({ interceptors: [thrower as never] }) },
  'an interceptor rejects': { client: (thrower) => ({ interceptors: [rejecting(thrower) as never] }) },
  'an interceptor fails behind the call': {
    client: (thrower) => ({
      interceptors: [
        async (call, next) => {
          // The abandoned call must end as well.
          next(call).catch(() => {})
          await untilQuiet()
          return thrower()
        },
      ],
    }),
  },
  'the responses of an interceptor throw': {
    patterns: streams,
    client: (thrower) => ({ interceptors: [responsesThat(thrower)] }),
  },
  'the responses of an interceptor reject': {
    patterns: streams,
    client: (thrower) => ({ interceptors: [responsesThat(rejecting(thrower))] }),
  },
  'the source of connections throws': { client: (thrower) => ({ connection: thrower as never }) },
  'the source of connections rejects': { client: (thrower) => ({ connection: rejecting(thrower) as never }) },
  'opening a stream throws': {
    client: (thrower, { connection }) => ({
      connection: () => ({ ...connection, remoteId: 'x', openStream: thrower }) as never,
    }),
  },
  'a request cannot be encoded': { client: (thrower, { codec }) => ({ codec: codecWith(codec, 'encode', thrower) }) },
  'a response cannot be decoded': {
    patterns: streams,
    client: (thrower, { codec }) => ({ codec: codecWith(codec, 'decode', thrower) }),
  },
  'the requests cannot be iterated': {
    patterns: ['client stream'],
    requests: (thrower) => ({ [Symbol.asyncIterator]: thrower }) as never,
  },
  'the requests throw': {
    patterns: ['client stream'],
    requests: (thrower) => ({ [Symbol.asyncIterator]: () => ({ next: thrower, return: thrower }) }) as never,
  },
  'the requests reject': {
    patterns: ['client stream'],
    requests: (thrower) => ({
      [Symbol.asyncIterator]: () => ({ next: rejecting(thrower), return: rejecting(thrower) }),
    }),
  },
  'a step of the requests cannot be read': {
    patterns: ['client stream'],
    requests: (thrower) => ({
      [Symbol.iterator]: () => ({ next: () => Object.defineProperty({}, 'done', { get: thrower }) as never }),
    }),
  },
  'an option cannot be read': {
    call: (thrower) => Object.defineProperty({}, 'signal', { get: thrower, enumerable: true }),
  },
  'metadata cannot be read': {
    call: (thrower) => ({ metadata: Object.defineProperty({}, 'key', { get: thrower, enumerable: true }) }),
  },
  'the parent cannot be read': {
    call: (thrower) => ({ parent: Object.defineProperty({}, 'signal', { get: thrower }) as never }),
  },
  'the deadline of the parent cannot be read': {
    call: (thrower) => ({
      parent: Object.defineProperty({ signal: new AbortController().signal }, 'deadline', { get: thrower }) as never,
    }),
  },
  'the signal cannot be listened to': {
    call: (thrower) => ({ signal: { aborted: false, addEventListener: thrower, removeEventListener() {} } as never }),
  },
  'the signal is of another package, and its reason cannot be read': {
    call(thrower) {
      const { signal } = new AbortController()
      const listeners: (() => void)[] = []
      const aborts = (): void => {
        foreign.aborted = true
        for (const listener of listeners) listener()
      }
      const foreign = {
        aborted: false,
        addEventListener: (_type: string, listener: () => void) => void listeners.push(listener),
        removeEventListener: signal.removeEventListener.bind(signal),
        get reason(): unknown {
          return thrower()
        },
      }
      setImmediate(aborts)
      return { signal: foreign as never }
    },
  },
  'the signal aborts': { later: (controller, make) => controller.abort(make()) },
}

const patterns: Record<string, (calls: Calls, options: CallOptions, requests: Iterable<object>) => Promise<unknown>> = {
  unary: (calls, options) => calls.unary({}, options),
  'server stream': (calls, options) => collect(calls.server({}, options)),
  'client stream': (calls, options, requests) => calls.client(requests, options),
  'bidi stream': async (calls, options) => {
    const channel = calls.bidi(options)
    void channel.send({})
    return collect(channel)
  },
}

async function play(place: Place, pattern: string, scope: string, make: () => unknown): Promise<void> {
  const hold = new Hold()
  const [connection, producer] = memoryPair()
  const codec = new JsonCodec()
  const served = serveConnection(producer, { services: hold.services, codecs: [codec] })
  const thrower = (): never => {
    throw make()
  }
  const options = { connection, codec, ...place.client?.(thrower, { connection, codec }) }
  const controller = new AbortController()
  const callOptions = place.later === undefined ? (place.call?.(thrower) ?? {}) : { signal: controller.signal }
  const requests = place.requests?.(thrower) ?? [{}]
  const call = async (): Promise<unknown> => {
    // Without a connection the opening of the session fails in the same way.
    const calls = scope === 'session' ? await openSession(HeldSession, options) : createClient(Held, options)
    return patterns[pattern]?.(calls, callOptions, requests as Iterable<object>)
  }
  const outcome = call().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if (place.later !== undefined) {
    await untilQuiet()
    place.later(controller, make)
  }
  const { error } = (await outcome) as { error?: unknown }
  expect(error instanceof RpcError).toBe(true)
  const { code } = error as RpcError
  expect(Number.isInteger(code) && code !== 0).toBe(true)
  hold.go()
  connection.close()
  await served.done
  await untilQuiet()
  expect(escaped).toEqual([])
}

describe.each(['shared service', 'session'])('a call of a %s', (scope) => {
  describe.each(Object.entries(places))('if %s', (_place, place) => {
    it.each(Object.keys(patterns).filter((pattern) => place.patterns?.includes(pattern) ?? true))(
      'ends with an error, whatever it is: %s',
      async (pattern) => {
        for (const make of Object.values(oddErrors)) await play(place, pattern, scope, make)
        const property = fc.asyncProperty(thrownArbitrary, ({ make }) => play(place, pattern, scope, make))
        await fc.assert(property, { numRuns: 15 })
      },
    )
  })
})
