import { createClient, type ClientOptions, openSession } from '@aster/rpc-client'
import type { CallOptions, MethodDefinition, ServiceDefinition } from '@aster/rpc-core'
import { decodeMessage, type MessageFormat } from '@aster/rpc-core/protocol'
import type { Part, RecordedCall, RecordedStream } from './recorded-calls.ts'

/** The outcome of a call. */
export type Result = { readonly value: unknown } | { readonly error: unknown }

/** The client, the session and the signals with which a caller repeats the actions of the recorded one. */
export interface Caller {
  readonly service: ServiceDefinition
  readonly options: ClientOptions
  readonly format: MessageFormat
  readonly timeoutMs: number | undefined
  /** Resolves at the point at which the recorded caller cancelled. */
  readonly cancelled: Promise<void>
}

// oxlint-disable-next-line typescript/no-explicit-any -- the calls of whatever service the trace names
type Calls = Record<string, any>

/** Makes the recorded calls with our client, one after another. */
export async function replayCalls({ calls, isSession }: RecordedStream, caller: Caller): Promise<Result[]> {
  const { service, options } = caller
  const results: Result[] = []
  const session = isSession ? await openSession(service, options) : undefined
  const client: Calls = session ?? createClient(service, options)
  for (const call of calls) {
    const method = Object.values(service.methods).find(({ wireName }) => wireName === call.method) as MethodDefinition
    results.push(await resultOf(replayCall(client, method, call, caller)))
  }
  await session?.close()
  return results
}

async function resultOf(call: Promise<unknown>): Promise<Result> {
  try {
    return { value: await call }
  } catch (error) {
    return { error }
  }
}

function replayCall(client: Calls, method: MethodDefinition, call: RecordedCall, caller: Caller): Promise<unknown> {
  const { parts, metadata, hasDeadline } = call
  const controller = new AbortController()
  const options: CallOptions = { metadata, signal: controller.signal }
  if (hasDeadline) options.timeoutMs = caller.timeoutMs
  const isCancelled = parts.some(({ does }) => does === 'cancel')
  // A caller that leaves a stream cancels it.
  const leaves = method.kind === 'bidiStream' || (method.kind === 'serverStream' && !hasEnd(parts))
  if (isCancelled && !leaves) void caller.cancelled.then(() => controller.abort())
  const requests = requestsOf(parts, method, caller.format)
  const start = client[method.name]
  switch (method.kind) {
    case 'unary':
      return start([...requests][0], options)
    case 'serverStream':
      return collect(start([...requests][0], options), parts)
    case 'clientStream':
      return start(isCancelled ? unfinished(requests) : requests, options)
    case 'bidiStream':
      return converse(start(options), parts, requests)
  }
}

function* requestsOf(parts: readonly Part[], method: MethodDefinition, format: MessageFormat): Generator {
  for (const part of parts) {
    if (part.does !== 'send') continue
    for (let i = 0; i < part.times; i++) yield decodeMessage(format, method.request, part.frame)
  }
}

async function* unfinished(requests: Iterable<unknown>): AsyncGenerator {
  yield* requests
  await new Promise(() => {})
}

const hasEnd = (parts: readonly Part[]): boolean => parts.some(({ does }) => does === 'end')

/** Returns all responses, or as many as the recorded caller took before it left the stream. */
async function collect(responses: AsyncIterable<unknown>, parts: readonly Part[]): Promise<unknown[]> {
  const most = hasEnd(parts)
    ? Infinity
    : parts.reduce((sum, part) => sum + (part.does === 'receive' ? part.times : 0), 0)
  const all: unknown[] = []
  for await (const response of responses) {
    all.push(response)
    if (all.length === most) break
  }
  return all
}

async function converse(
  channel: { send(one: unknown): Promise<void>; recv(): Promise<unknown>; finish(): void; cancel(): void },
  parts: readonly Part[],
  requests: Iterator<unknown>,
): Promise<unknown[]> {
  const all: unknown[] = []
  for (const part of parts) {
    if (part.does === 'send') {
      for (let i = 0; i < part.times; i++) await channel.send(requests.next().value)
    } else if (part.does === 'receive') {
      for (let i = 0; i < part.times; i++) all.push(await channel.recv())
    } else if (part.does === 'finish') channel.finish()
    else if (part.does === 'cancel') {
      channel.cancel()
      await channel.recv()
    } else await channel.recv()
  }
  return all
}
