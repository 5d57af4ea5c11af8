import type { Client } from '@aster/rpc-client'
import { implement, RpcError, type ServiceImplementation, type ServiceScope } from '@aster/rpc-core'
import { type Age, type Change, ping, serviceOf } from './scenarios.ts'
import { collect } from '@aster/test-services'

type Calls = Client<ReturnType<typeof serviceOf>>

/** A call of each pattern with one request and one response; `undefined` for a stream that ends with `OK` before it. */
export const patterns: Readonly<Record<string, (calls: Calls, request: object) => Promise<unknown>>> = {
  unary: (calls, request) => calls.one(request),
  serverStream: async (calls, request) => (await collect(calls.many(request as never)))[0],
  clientStream: (calls, request) => calls.up([request] as never[]),
  async bidiStream(calls, request) {
    await using chat = calls.chat()
    await chat.send(request)
    return await chat.recv()
  },
}

/** What a program of an age sends as a request or response. */
export function sent(change: Change, age: 'old' | 'new', role: 'request' | 'response'): object {
  return change.in === role ? change[age].sends : ping
}

/**
 * The service with a change as a program of `age` serves it. Where the request is what changes, the answer has what was read
 * of it as JSON.
 */
export function served(
  change: Change,
  age: Age,
  { scope, name }: { readonly scope: ServiceScope; readonly name?: string },
): ServiceImplementation {
  const answer = (request: unknown): never => {
    const value = change.in === 'request' ? { text: JSON.stringify(request) } : sent(change, age, 'response')
    return value as never
  }
  const handlers = {
    one: answer,
    async *many(request: unknown) {
      yield answer(request)
    },
    async up(requests: AsyncIterable<unknown>) {
      const all: unknown[] = []
      for await (const request of requests) all.push(request)
      return answer(all[0])
    },
    async *chat(requests: AsyncIterable<unknown>) {
      for await (const request of requests) yield answer(request)
    },
  }
  return implement(serviceOf(change, age, scope, name), scope === 'session' ? () => handlers : handlers)
}

/** Returns what the reader of a change read: the caller of a response, or the handler, whose answer has the request. */
export async function readOf(change: Change, call: Promise<unknown>): Promise<unknown> {
  const answer = (await call) as { text: string } | undefined
  return change.in === 'request' && answer !== undefined ? JSON.parse(answer.text) : answer
}

/** `works`, `another value`, `no answer`, or the name of the code of an error. Notes the error. */
export async function outcomeOf(call: Promise<unknown>, expected: unknown, errors: RpcError[]): Promise<string> {
  try {
    const value = await call
    if (value === undefined) return 'no answer'
    return sameJson(value, expected) ? 'works' : 'another value'
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    errors.push(error)
    return error.codeName
  }
}

export function sameJson(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([x], [y]) => (x < y ? -1 : 1)))
        : member,
    )
  return text(a) === text(b)
}
