import { type AbortSource, type AnyIterator, iteratorOf, abortable, requestsError } from '@aster/rpc-core/protocol'

/**
 * Returns the requests of a client or bidi stream, each passed through `map`, for `call.request = mapRequests(…)`. The source
 * is iterated only when a request is needed, and is closed when no more are needed.
 */
export function mapRequests(requests: unknown, map: (request: unknown) => unknown): AsyncIterableIterator<unknown> {
  return passRequests(requests, async (next) => {
    const step = await next()
    return step.done === true ? step : { done: false, value: await map(step.value) }
  })
}

/** Returns the requests until `signal` aborts. From then on, reading them throws its reason. */
export function requestsUntil(requests: unknown, signal: AbortSource): AsyncIterableIterator<unknown> {
  return passRequests(requests, (next) => abortable(next(), signal))
}

type Step = IteratorResult<unknown, unknown>

function passRequests(
  requests: unknown,
  pass: (next: () => Promise<Step>) => Promise<Step>,
): AsyncIterableIterator<unknown> {
  let iterator: AnyIterator | undefined
  const source = (): AnyIterator => (iterator ??= iteratorOf(requests, requestsError))
  return {
    async next() {
      const step = await pass(async () => source().next())
      return step.done === true ? { done: true, value: undefined } : step
    },
    async return(value) {
      await source().return?.(value)
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
