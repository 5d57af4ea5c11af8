import type { Client } from '@aster/rpc-client'
import { implement, RpcError, type ServiceImplementation, type ServiceScope } from '@aster/rpc-core'
import { type Age, type Change, ping, serviceOf } from './scenarios.ts'
import { collect } from '@aster/test-services'

type Calls = Client<ReturnType<typeof serviceOf>>

/** Makes a call of each pattern with one request. Returns the response, or `undefined` if a stream ends with `OK` before it. */
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

/** Returns the message that a program of an age sends as a request or a response. */
export function sent(change: Change, age: 'old' | 'new', role: 'request' | 'response'): object {
  return change.in === role ? change[age].sends : ping
}

/**
 * Returns the implementation of the service with a change by a program of `age`. If the request changes, the answer holds the
 * request as the handler read it, in JSON.
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

/** Returns the message that the reader of a change read: the response, or the request as the handler's answer holds it. */
export async function readOf(change: Change, call: Promise<unknown>): Promise<unknown> {
  const answer = (await call) as { text: string } | undefined
  return change.in === 'request' && answer !== undefined ? JSON.parse(answer.text) : answer
}

/** Returns `works`, `another value`, `no answer`, or the name of the code of an error. Records the error. */
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
