// The stack of every error that a caller receives contains the line of the caller, which is in this file.
import { JsonCodec } from '@aster/codec-json'
import {
  type Client,
  type ClientOptions,
  createClient,
  createDynamicClient,
  type DynamicClient,
  openDynamicSession,
  openSession,
} from '@aster/rpc-client'
import { type CallOptions, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { Held, HeldSession, Hold } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'

type Calls = Client<typeof Held>

/** Runs a function that awaits a call. Returns the error that it throws. */
async function errorOf(caller: () => Promise<unknown>): Promise<RpcError> {
  try {
    await caller()
  } catch (error) {
    return error as RpcError
  }
  throw new Error('a failure is expected')
}

/** Named callers. Each awaits a call with the options; such a call never ends by itself. */
const callers: Record<string, (calls: Calls, options: CallOptions) => Promise<unknown>> = {
  async unaryCaller(calls, options) {
    return await calls.unary({}, options)
  },
  async clientStreamCaller(calls, options) {
    return await calls.client([{ count: 1 }], options)
  },
  async serverStreamCaller(calls, options) {
    for await (const item of calls.server({}, options)) expect(item).toEqual({ text: '', count: 0 })
  },
  async recvCaller(calls, options) {
    const channel = calls.bidi(options)
    await channel.recv()
  },
  async iteratingCaller(calls, options) {
    for await (const item of calls.bidi(options)) expect(item).toBeUndefined()
  },
  async sendCaller(calls, options) {
    const channel = calls.bidi(options)
    for (;;) await channel.send({})
  },
  async lateSendCaller(calls, options) {
    const channel = calls.bidi(options)
    await channel.recv().catch(() => {})
    await channel.send({})
  },
  async allCaller(calls, options) {
    await Promise.all([calls.unary({}, options), calls.unary({}, options)])
  },
}

const message = { text: '', count: 1 }
const dynamicCallers: Record<string, (calls: DynamicClient, options: CallOptions) => Promise<unknown>> = {
  async dynamicUnaryCaller(calls, options) {
    return await calls.call('unary', message, options)
  },
  async dynamicClientStreamCaller(calls, options) {
    return await calls.clientStream('client', [message], options)
  },
  async dynamicServerStreamCaller(calls, options) {
    for await (const item of calls.serverStream('server', message, options)) expect(item).toBeDefined()
  },
  async dynamicBidiCaller(calls, options) {
    await calls.bidiStream('bidi', options).recv()
  },
}

const deep = 12
/** Interceptors, so many that the stack of an error made after the last one has no room for the caller. */
const interceptors: readonly Interceptor[] = Array.from({ length: deep }, () => async (call, next) => await next(call))

/** The ways in which a call ends with an error. `options` are the options of the call; `end` ends the call once it waits. */
interface Ending {
  readonly code: StatusCode
  options?(controller: AbortController): CallOptions
  end?(pair: ReturnType<typeof memoryPair>, controller: AbortController): void
  readonly client?: Partial<ClientOptions>
}

const endings: Record<string, Ending> = {
  'a deadline': { code: StatusCode.DEADLINE_EXCEEDED, options: () => ({ timeoutMs: 20 }) },
  'a deadline that has passed': { code: StatusCode.DEADLINE_EXCEEDED, options: () => ({ timeoutMs: 0 }) },
  'an abort': {
    code: StatusCode.CANCELLED,
    options: ({ signal }) => ({ signal }),
    end: (_pair, controller) => controller.abort(),
  },
  'an abort with an error of the caller': {
    code: StatusCode.ABORTED,
    options: ({ signal }) => ({ signal }),
    end: (_pair, controller) => controller.abort(ownReason()),
  },
  'a lost connection': { code: StatusCode.UNAVAILABLE, end: ([client]) => client.drop() },
  'an error of the producer': {
    code: StatusCode.NOT_FOUND,
    options: () => ({ metadata: { fail: 'yes' } }),
  },
  'an option of the wrong kind': {
    code: StatusCode.INVALID_ARGUMENT,
    options: () => ({ timeoutMs: 'soon' as never }),
  },
  'an error of an interceptor': {
    code: StatusCode.UNAUTHENTICATED,
    client: {
      interceptors: [...interceptors, () => Promise.reject(new RpcError(StatusCode.UNAUTHENTICATED, 'no token'))],
    },
  },
}
/** Made elsewhere, without a line of this file. */
function ownReason(): RpcError {
  const error = new RpcError(StatusCode.ABORTED, 'enough')
  error.stack = 'RpcError: enough\n    at elsewhere (elsewhere.js:1:1)'
  return error
}

async function failing(
  ending: Ending,
  open: (options: ClientOptions) => Promise<Calls | DynamicClient>,
  caller: (calls: never, options: CallOptions) => Promise<unknown>,
  client: Partial<ClientOptions>,
): Promise<RpcError> {
  const hold = new Hold()
  const pair = memoryPair()
  const codec = new JsonCodec()
  const failIfAsked: Interceptor = async (call, next) => {
    if (call.metadata['fail'] !== undefined) throw new RpcError(StatusCode.NOT_FOUND, 'no such thing')
    return next(call)
  }
  serveConnection(pair[1], { services: hold.services, codecs: [codec], interceptors: [failIfAsked] })
  const calls = await open({ connection: pair[0], codec, ...client, ...ending.client })
  const controller = new AbortController()
  const failed = errorOf(() => caller(calls as never, ending.options?.(controller) ?? {}))
  // The call waits for its answer, and may have sent requests before.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  ending.end?.(pair, controller)
  const error = await failed
  hold.go()
  pair[0].close()
  return error
}

const ways: Record<string, (options: ClientOptions) => Promise<Calls>> = {
  'a shared service': async (options) => createClient(Held, options),
  'a session': (options) => openSession(HeldSession, options),
}
const dynamicWays: Record<string, (options: ClientOptions) => Promise<DynamicClient>> = {
  'a shared service': async (options) => createDynamicClient({ name: 'Held', version: 1 }, options),
  'a session': (options) => openDynamicSession({ name: 'HeldSession', version: 1 }, options),
}

describe.each(Object.entries(endings))('the stack of %s', (_name, ending) => {
  describe.each([
    ['without interceptors', {}],
    ['behind many interceptors', { interceptors }],
  ])('%s', (_with, client: Partial<ClientOptions>) => {
    for (const [what, open] of Object.entries(ways)) {
      it.each(Object.keys(callers))(`contains the line of %s, of ${what}`, async (name) => {
        const error = await failing(ending, open, callers[name] as never, client)
        expect(error).toMatchObject({ code: ending.code })
        expect(error.stack).toMatch(new RegExp(`${name}.*error-stacks\\.test`))
        expect(error.stack).toContain(error.message)
      })
    }
    for (const [what, open] of Object.entries(dynamicWays)) {
      it.each(Object.keys(dynamicCallers))(`contains the line of %s, of ${what}`, async (name) => {
        const error = await failing(ending, open, dynamicCallers[name] as never, client)
        expect(error).toMatchObject({ code: ending.code })
        expect(error.stack).toMatch(new RegExp(`${name}.*error-stacks\\.test`))
      })
    }
  })
})
