import type { Client } from '@aster/rpc-client'
import { RpcError } from '@aster/rpc-core'
import { type Change, type serviceOf, ping } from './scenarios.ts'
import { collect } from '@aster/test-services'

type Calls = Client<ReturnType<typeof serviceOf>>

/** A call of each pattern with one request and one response; `undefined` for a stream that ends with `OK` before it. */
export const patterns: Readonly<Record<string, (calls: Calls, request: object) => Promise<unknown>>> = {
  unary: (calls, request) => calls.one(request as never),
  serverStream: async (calls, request) => (await collect(calls.many(request as never)))[0],
  clientStream: (calls, request) => calls.up([request] as never[]),
  async bidiStream(calls, request) {
    await using chat = calls.chat()
    await chat.send(request as never)
    return await chat.recv()
  },
}

/** What a program of an age sends as a request or response. */
export function sent(change: Change, age: 'old' | 'new', role: 'request' | 'response'): object {
  return change.in === role ? change[age].sends : ping
}

/** `works`, `another value`, or the name of the code of an error. Notes the error. */
export async function outcomeOf(call: Promise<unknown>, expected: unknown, errors: RpcError[]): Promise<string> {
  try {
    const value = await call
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
